"""Builds the model from validated rule files."""

from collections.abc import Iterable, Mapping

from kognitos_migrate.rulebook import api_schema, client_schema, mock_schema, model, validation
from kognitos_migrate.source.data_file.forms import Comparison, RecordingForm
from kognitos_migrate.structs import replace


def api(file: api_schema.ApiFile) -> model.Api:
    """The API that `file` describes."""
    return model.Api(
        id=file.id,
        title=file.title,
        url=file.url,
        hosts=file.hosts,
        words=file.words,
        products=file.products,
        headers=file.headers,
        old=file.old,
        new=file.new,
        tables={name: _table(name, table) for name, table in file.tables.items()},
        vocabularies={name: _vocabulary(name, words) for name, words in file.vocabularies.items()},
        dialects=_dialects(file.dialects) if file.dialects else None,
        rename=file.rename,
        also=tuple(_call(call) for call in file.also),
        signatures=tuple(
            _signature(strength, shape) for strength, shapes in file.signatures.items() for shape in shapes
        ),
        errors=file.errors,
        new_errors=file.new_errors,
        same_headers=frozenset(file.same_headers),
        sample=file.sample,
    )


def operation(file: api_schema.OperationFile) -> model.Operation:
    """The operation that `file` describes."""
    return model.Operation(
        id=file.id,
        api=file.api,
        code=file.code,
        name=file.name,
        message=file.message,
        explain=file.explain,
        url=file.url,
        old=_layout(file.old),
        new=_layout(file.new),
        examples=_examples(file.examples),
    )


def clients(files: Mapping[str, client_schema.ClientFile]) -> tuple[model.Client, ...]:
    """The HTTP clients by the files' order. A client with `like:` inherits what it doesn't define."""
    own = {name: _client(file) for name, file in files.items()}
    return tuple(
        _inherit(own[file.like], file.like, file.module, own[name]) if file.like else own[name]
        for name, file in files.items()
    )


def _inherit(other: model.Client, old: str, new: str | None, own: model.Client) -> model.Client:
    """`own` with everything that it doesn't define taken from `other`.

    Names of `other` in its module `old` are also added under the module `new`.
    """

    def rename_qualified(names: Iterable[str]) -> dict[str, str]:
        return {name: f"{new}{name.removeprefix(old)}" for name in names} if new is not None else {}

    return replace(
        own,
        keywords={**other.keywords, **own.keywords},
        functions={
            **{ours: other.functions[name] for name, ours in rename_qualified(other.functions).items()},
            **own.functions,
        },
        transparent=(*rename_qualified(other.transparent).values(), *own.transparent),
        session_types=(*rename_qualified(other.session_types).values(), *own.session_types),
        session_arguments=own.session_arguments or other.session_arguments,
        session_attributes={**other.session_attributes, **own.session_attributes},
        session_methods={**other.session_methods, **own.session_methods},
        session_through=own.session_through or other.session_through,
        session_sends=own.session_sends or other.session_sends,
        session_mounts=own.session_mounts or other.session_mounts,
        session_mounted=own.session_mounted or other.session_mounted,
        session_stages=own.session_stages or other.session_stages,
        session_interceptors=own.session_interceptors or other.session_interceptors,
        session_encodes=own.session_encodes or other.session_encodes,
        session_receive=own.session_receive or other.session_receive,
        request={**other.request, **own.request},
        hook_spelling=(
            own.hook_spelling if own.hook_spelling != model.HookSpelling() else other.hook_spelling
        ),
        reply={**other.reply, **own.reply},
        errors={**other.errors, **own.errors},
        errors_with_url=(*own.errors_with_url, *other.errors_with_url),
        checks=own.checks or other.checks,
        raises=own.raises or other.raises,
        raising_option=own.raising_option or other.raising_option,
        multipart=own.multipart or other.multipart,
        json_replacement=own.json_replacement or other.json_replacement,
    )


def _client(file: client_schema.ClientFile) -> model.Client:
    sessions = file.sessions
    return model.Client(
        id=file.id,
        title=file.title,
        url=file.url,
        keywords=file.keywords,
        functions=_verbs(file.functions),
        transparent=file.transparent,
        base=file.base,
        session_types=sessions.types if sessions else (),
        session_arguments=sessions.arguments if sessions else (),
        session_attributes=sessions.attributes if sessions else {},
        session_methods=_verbs(sessions.methods) if sessions else {},
        session_through=sessions.through if sessions else None,
        session_sends=sessions.sends if sessions else None,
        session_mounts=sessions.mounts if sessions else None,
        session_mounted=sessions.mounted if sessions else None,
        session_stages=sessions.stages if sessions else (),
        session_interceptors=sessions.interceptors if sessions else (),
        session_installs=sessions.installs if sessions else (),
        session_encodes=sessions.encodes if sessions else None,
        session_receive=sessions.receive if sessions else None,
        session_joins=sessions.joins if sessions else model.Joining.APPEND,
        own_headers=sessions.own_headers if sessions else model.HeaderCombination.ADDED,
        request=file.request,
        hook_spelling=_hook_spelling(file.carriers),
        reply=file.reply,
        errors=file.errors,
        errors_with_url=file.errors_with_url,
        checks=file.checks,
        raises=file.raises,
        raising_option=file.raising_option,
        multipart=_multipart(file.multipart) if file.multipart else None,
        json_replacement=model.JsonReplacement(file.rebuilt.make, file.rebuilt.helper.strip())
        if file.rebuilt
        else None,
        examples=_examples(file.examples),
    )


def _hook_spelling(shape: client_schema.CarriersShape | None) -> model.HookSpelling:
    if shape is None:
        return model.HookSpelling()
    return model.HookSpelling(
        request_methods=shape.methods,
        response_methods=shape.answered,
        content_attributes=shape.asked,
        url_attributes=shape.urls,
        verbs=shape.verbs,
        hooks=shape.hooks,
        unanalysed_types=shape.hidden,
    )


def mock(file: mock_schema.MockFile) -> model.Mock:
    """The mock library that `file` describes."""
    objects = file.objects
    return model.Mock(
        id=file.id,
        title=file.title,
        url=file.url,
        client=file.client,
        functions=_stubbings(file.functions, file.keywords),
        types=objects.types if objects else (),
        fixtures=objects.fixtures if objects else (),
        modules=objects.modules if objects else {},
        methods=_stubbings(objects.methods, file.keywords) if objects else {},
        route=_stubbings(file.route, file.keywords),
        replies=_stubbings(file.replies, file.keywords),
        matchers=_stubbings(file.matchers, file.keywords),
        constants=file.constants,
        wildcards=file.wildcards,
        in_turn=file.in_turn,
        keywords=frozenset(file.keywords),
        recorded=file.recorded,
        sent=file.sent,
        status=file.status,
        object_spelling=_mock_object_spelling(file.puppets) if file.puppets is not None else None,
        narrowing=_narrowing(file.narrowing) if file.narrowing is not None else None,
        recordings=tuple(_recording_form(shape, file) for shape in file.recordings),
        examples=_examples(file.examples),
    )


def _narrowing(shape: mock_schema.NarrowingShape) -> model.Narrowing:
    return model.Narrowing(shape.functions, shape.argument, shape.value)


def _mock_object_spelling(shape: mock_schema.PuppetsShape) -> model.MockObjectSpelling:
    return model.MockObjectSpelling(
        shape.gives,
        shape.states,
        shape.lists,
        shape.expects,
        shape.starts,
        shape.calls,
        shape.last_call,
        shape.options,
    )


def _recording_form(shape: mock_schema.RecordingShape, file: mock_schema.MockFile) -> RecordingForm:
    keywords = {**file.keywords, **file.functions[shape.function].keywords}
    by_part = {keywords[name]: name for name in shape.parts}
    texts = {by_part[part] for part in (model.StubRole.JSON, model.StubRole.REPLY_JSON) if part in by_part}
    compared = shape.comparison
    return RecordingForm(
        shape.function,
        shape.entries,
        shape.parts,
        frozenset(texts),
        shape.headers,
        by_part[model.StubRole.URL],
        Comparison(compared.option, frozenset(compared.parts), compared.functions) if compared else None,
    )


def _stubbings(
    shapes: Mapping[str, mock_schema.StubbingShape], keywords: Mapping[str, model.StubRole]
) -> Mapping[str, model.Stubbing]:
    return {
        name: model.Stubbing(shape.method, shape.arguments, {**keywords, **shape.keywords})
        for name, shape in shapes.items()
    }


def as_words(words: validation.Words) -> tuple[str, ...]:
    """`words` as a tuple."""
    return (words,) if isinstance(words, str) else words


def path_segments(path: str) -> tuple[model.PathSegment, ...]:
    """The segments of a path such as `/old/things/{thing}`. A slash at the end makes an empty last one."""
    return tuple(
        model.PathSegment(None, segment[1:-1])
        if segment.startswith("{")
        else model.PathSegment(segment, None)
        for segment in path[1:].split("/")
    )


def _call(text: str) -> model.ApiCall:
    method, path = text.split(" ")
    return model.ApiCall(method, path_segments(path))


def _signature(strength: model.SignStrength, shape: api_schema.SignatureShape) -> model.Signature:
    sends = model.ReplyTarget(shape.of, shape.sends) if shape.of and shape.sends else None
    return model.Signature(shape.operation, strength, sends, shape.query, shape.reads, shape.decodes)


def _table(name: str, table: api_schema.TableShape) -> model.Table:
    fields = tuple(
        model.TableField(field_name, field.required, field.choices, field.max_length, field.form)
        for field_name, field in table.fields.items()
    )
    shape = table.key_form
    key_format = model.KeyFormat(shape.min_length, shape.characters) if shape is not None else None
    unlisted_shape = table.unlisted
    unlisted = _lookup_of_unlisted(unlisted_shape) if unlisted_shape is not None else None
    return model.Table(name, table.key, table.constant, table.comment, fields, key_format, unlisted)


def _lookup_of_unlisted(shape: api_schema.UnlistedShape) -> model.FallbackLookup:
    reverse = shape.reverse
    lookup = model.ReverseLookup(reverse.function, reverse.comment) if reverse is not None else None
    return model.FallbackLookup(shape.field, shape.function, shape.comment, shape.status, lookup)


def _dialects(dialects: api_schema.DialectsShape) -> model.Dialects:
    return model.Dialects(dialects.setting, dialects.default, dialects.choices)


def _vocabulary(name: str, vocabulary: api_schema.VocabularyShape) -> model.Vocabulary:
    words = {old: as_words(new) for old, new in vocabulary.words.items()}
    about = vocabulary.docstring or vocabulary.comment
    return model.Vocabulary(name, vocabulary.constant, vocabulary.comment, about, words)


def _layout(layout: api_schema.LayoutShape) -> model.Layout:
    body = layout.body or api_schema.BodyShape()
    return model.Layout(
        method=layout.method,
        method_slot=layout.method_slot,
        path=path_segments(layout.path) if layout.path else (),
        target=_target(layout.target) if layout.target else None,
        query=_members(layout.query),
        whole=_member("", body.whole) if body.whole else None,
        members=_members(body.members),
        raw=layout.raw.slot if layout.raw else None,
        form=_form(layout.form) if layout.form else None,
        headers_slot=layout.headers_slot,
        status=layout.status,
        reply=_members(layout.reply),
        reply_more=layout.reply_more,
    )


def _members(members: Mapping[str, api_schema.MemberShape]) -> tuple[model.LayoutMember, ...]:
    return tuple(_member(name, member) for name, member in members.items())


def _member(name: str, member: api_schema.MemberShape) -> model.LayoutMember:
    encoding = member.encoding
    encodings: dict[str | None, model.Encoding] = {}
    encodings.update(encoding.items() if isinstance(encoding, dict) else {None: encoding}.items())
    return model.LayoutMember(
        name=name,
        slot=member.slot,
        encodings=encodings,
        optional=member.optional,
        when=member.when,
        table=member.table,
        field=member.field,
        vocabulary=member.vocabulary,
        setting=member.setting,
        entry=model.EntryKeys(member.entry.name, member.entry.value) if member.entry is not None else None,
        present=tuple(member.present.items()),
        missing=tuple(member.missing.items()),
        form=member.form,
        note=member.note,
    )


def _target(target: api_schema.TargetShape) -> model.ReplyTarget:
    return model.ReplyTarget(target.operation, target.slot)


def _form(form: api_schema.FormShape) -> model.Form:
    return model.Form(_target(form.fields), form.file.name, form.file.slot)


def _multipart(shape: client_schema.MultipartShape) -> model.FormArguments | model.WholeForm:
    if shape.form is not None:
        return model.WholeForm(
            shape.form, shape.make or "", (shape.helper or "").strip(), shape.imports, shape.content_type
        )
    return model.FormArguments(shape.fields or "", shape.files or "", shape.unset_header)


def _verbs(verbs: Mapping[str, client_schema.VerbShape]) -> Mapping[str, model.RequestCallable]:
    return {
        name: model.RequestCallable(verb.method, verb.arguments, verb.with_body, verb.gives, verb.lacks)
        for name, verb in verbs.items()
    }


def _examples(examples: tuple[api_schema.ExampleShape, ...]) -> tuple[model.Example, ...]:
    return tuple(model.Example(example.about, example.before, example.after) for example in examples)
