"""Reads of JSON text whose value became a list of entries."""

from collections.abc import Collection, Sequence
from functools import cached_property

import libcst as cst

from kognitos_migrate.edits.adapter_source import entries_dict_start
from kognitos_migrate.edits.body.json_text import EMPTY_TEXTS, is_empty_json_text
from kognitos_migrate.edits.context import requests_of
from kognitos_migrate.edits.error_propagation import catch_points
from kognitos_migrate.edits.error_types import is_type_observed
from kognitos_migrate.edits.imports import is_bound_at_top, json_name, means_module
from kognitos_migrate.edits.literals import identifier, string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit, wrap_in_call
from kognitos_migrate.edits.refusal import RefusalError, ReplyEscapesError
from kognitos_migrate.edits.rematerialize import CodeTemplate, primary_source
from kognitos_migrate.edits.replies.argument_reads import add_field_check, argument_of_read
from kognitos_migrate.edits.replies.class_patterns import list_pattern
from kognitos_migrate.edits.replies.field_reads import GuardedReads
from kognitos_migrate.edits.replies.field_renames import (
    empty_substitutes,
    exclusive_reads,
    is_always_empty,
    is_field,
    is_initially_missing,
)
from kognitos_migrate.edits.replies.keyword_unpacking import retype_field
from kognitos_migrate.edits.replies.null_equivalence import (
    reads_without_default,
    require_null_like_missing,
    require_parameter_default_like_null,
)
from kognitos_migrate.edits.replies.repeated_decoding import shares_observed_parts
from kognitos_migrate.edits.replies.reply_types import decoded_type_edits, is_annotation_observed
from kognitos_migrate.interpret.branches import truth
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import ANOTHER, NULL, REQUIRED, VALIDATED
from kognitos_migrate.syntax.blocks import enclosing_conditionals
from kognitos_migrate.syntax.roles import innermost_ancestors, is_condition
from kognitos_migrate.syntax.shapes import is_primary_expression, literal_text
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, UNKNOWN, Const, Ref, Reply, Text, Value


def _default_text(use: Use) -> str | None:
    """The text that a parameter has unless a field fills it; None for any other default."""
    return None if use.detail in (NULL, REQUIRED, VALIDATED, ANOTHER) else use.detail


class JsonTextReads(GuardedReads):
    """The reads of one slot that was JSON text, and all uses of their values."""

    def edits(self) -> list[PendingEdit]:
        """Pending edits of the decodings, or of the reads if some text isn't decoded. Raises RefusalError if
        a read isn't an expression."""
        require_null_like_missing(self)
        keeps_text = shares_observed_parts(self.context, self.uses) or self._shows_decoding_error()
        decoded = None if keeps_text else self._as_dicts()
        return decoded if decoded is not None else self._as_text()

    def _shows_decoding_error(self) -> bool:
        """Whether code reads the error that decoding a missing text raises: a list has another one."""
        return any(
            point.is_read
            for use in self.uses
            if use.kind is UseKind.DECODE and self._may_decode_null(use)
            for point in catch_points(self.context, use.site, use.frame, TypeError)
        )

    def _may_decode_null(self, use: Use) -> bool:
        """Whether a decoding may get null: from a read that raises no error without the field."""
        return not self.is_shown_present(use.operand, use.frame) and bool(
            self._possibly_null_uses(requests_of([use]))
        )

    @cached_property
    def _helpers_for_missing(self) -> dict[Site, str]:
        """The reads that raise an error if the field is missing, each with the helper function that does so.
        The name is empty if the function gets the response in place of the field."""
        version = self.context.api(self.match.operation).old_identifier
        helpers_by_read: dict[Site, str] = {}
        missing = reads_without_default(self)
        items = [read for read in missing if argument_of_read(self.context, read) is None]
        for _ in exclusive_reads(self.context, self.match, self.old, items, "absence"):
            pass
        helpers_by_read.update((read.site, "") for read in missing if read not in items)
        for read in items:
            name, error = identifier(f"{version}_{self.old.name}"), "KeyError"
            if isinstance(self.context.node(read.site), cst.Attribute):
                name, error = f"{name}_attribute", "AttributeError"
            helpers_by_read[read.site] = self.helpers.add_presence_check(
                read.site.path, self.old, self.new, name, error
            )
        return helpers_by_read

    def _fill(self, use: Use, before: str = "", after: str = "") -> None:
        """Fill a parameter with the entries. If it is required, a helper raises an error if there are none.
        Raises RefusalError if that would differ from before."""
        require_parameter_default_like_null(self, use, _default_text(use))
        is_checked = use.detail == REQUIRED and not self.is_shown_present(use.operand, use.frame)
        if not self.is_shown_present(use.operand, use.frame):
            if use.detail in (VALIDATED, ANOTHER):
                message = (
                    f"null replaces a missing {self.old.name!r}, and differs from the parameter's default"
                )
                raise RefusalError(use.site, "absence", message)
            if is_checked and not self.is_never_null(use.operand, use.frame):
                message = f"a missing {self.old.name!r} is an error here, and null isn't"
                raise RefusalError(use.site, "absence", message)
            if is_checked:
                version = self.context.api(self.match.operation).old_identifier
                name = identifier(f"{version}_{self.old.name}_argument")
                path = self.filled.fills.path_of_read(use)
                before += self.helpers.add_presence_check(path, self.old, self.new, name, "TypeError") + "("
                after = f"){after}"
        self.filled.fills.add(self.match, use, self.new.name, before, after, is_checked=is_checked)

    def _as_dicts(self) -> list[PendingEdit] | None:
        """Keep the list and build the dict where the text was decoded; None if the text has other uses."""
        edits: list[PendingEdit] = []
        decodings: dict[Site, list[Use]] = {}
        for use in self.uses:
            if use.kind in (UseKind.NONE, UseKind.TRUTH) and self._distinguishes_default(use):
                return None
            if use.kind in (UseKind.NONE, UseKind.LOG):
                continue
            if use.kind is UseKind.TYPED:
                is_observed = is_annotation_observed(self.context, use.site)
                typed = retype_field(self.context, use.site, "list") if not is_observed else None
                if typed is None:
                    return None
                edits.extend(edit for edit in typed if edit not in edits)
                continue
            if use.kind is UseKind.TRUTH:
                tested = self._rewrite_truth_test(use)
                if tested is None:
                    return None
                edits.extend(edit for edit in tested if edit not in edits)
                continue
            if use.kind is UseKind.METHOD:
                tree, is_own = self.context.tree(use.site), self._defaults(use.operand) == []
                tested = list_pattern(tree, tree.node(use.site), is_own=is_own)
                if tested is None:
                    return None
                edits.extend(edit for edit in tested if edit not in edits)
                continue
            if use.kind is not UseKind.DECODE:
                return None
            decodings.setdefault(use.site, []).append(use)
        decoded = [self._decode(uses) for uses in decodings.values()]
        if None in decoded:
            return None
        edits.extend(edit for change in decoded for edit in change or ())
        for use in self.filled.uses:
            if (_default_text(use) or "") not in EMPTY_TEXTS:
                return None
        for use in self.filled.uses:
            self._fill(use, after=" or []" if _default_text(use) else "")
        return [*edits, *self.renames(), *self._raise_if_empty()]

    def _raise_if_empty(self) -> list[PendingEdit]:
        """Pending edits that raise an error if there are no entries."""
        edits: list[PendingEdit] = []
        edits.extend(
            add_field_check(self, read)
            for read in self.reads
            if self._helpers_for_missing.get(read.site) == ""
        )
        for site, name in self._helpers_for_missing.items():
            if not name:
                continue
            node = self.context.expression(site)
            edits.append(wrap_in_call(self.context.tree(site), node, name))
        return edits

    def _is_empty_read(self, use: Use) -> bool:
        """Whether null can only mean a finished run without entries at this decoding."""
        if self.is_shown_present(use.operand, use.frame):
            return True
        request = requests_of([use])
        reads = [read for read in self.reads if request & requests_of([read])]
        fills = [fill for fill in self.filled.uses if request & requests_of([fill])]
        return not self._possibly_null_uses(request) and any(
            read.site not in self._helpers_for_missing for read in (*reads, *fills)
        )

    def _possibly_null_uses(self, requests: Collection[int]) -> list[Use]:
        """The reads and fills of these requests' replies that may yield null."""
        loose = [
            read
            for read in self.reads
            if read.site not in self._helpers_for_missing and not self.is_shown_present(read.site, read.frame)
        ]
        loose += [fill for fill in self.filled.uses if not self.is_shown_present(fill.operand, fill.frame)]
        return [use for use in loose if not requests_of([use]).isdisjoint(requests)]

    def _decode(self, uses: Sequence[Use]) -> list[PendingEdit] | None:
        """The pending edits of one decoding, which `uses` run in several activations. Null becomes an empty
        list only if each activation allows it. None if the text can't be decoded here."""
        use = uses[0]
        match self.context.node(use.site):
            case cst.Call(args=[cst.Arg(argument, star="")]) as call:
                pass
            case _:
                return None
        defaults = self._defaults(use.operand)
        if defaults is None:
            return None
        tree = self.context.tree(use.site)
        if any(
            tree.descendants_of_kind(argument, cst.NamedExpr)
        ):  # no comprehension may bind a name in its iterable
            return None
        source: CodeTemplate = (tree.outer_span(argument),)
        edits = [PendingEdit(self.context.span(site), ("[]",)) for site in defaults]
        match argument:
            case cst.BooleanOperation(operator=cst.Or(), right=right):
                has_default = tree.site(right) in defaults
            case _:
                has_default = False
        if self._is_guarded_by_test(use):
            pass
        elif any(map(self._may_decode_early, uses)):
            if defaults:
                return None
        elif not defaults and not all(map(self._is_empty_read, uses)):
            pass
        elif not has_default:
            source = (*primary_source(self.context, tree.site(argument)), " or []")
        span = tree.outer_span(call)
        edits.append(PendingEdit(span, (entries_dict_start(self.new.entry_keys, "output"), *source, "}")))
        return [*edits, *(edit for use in uses for edit in decoded_type_edits(self.context, use))]

    def _distinguishes_default(self, use: Use) -> bool:
        """Whether a test has another result for null than for the default of a missing field."""
        is_null = use.kind is UseKind.NONE
        defaults = (
            choice
            for choice in self.context.alternatives_at(use.operand)
            if isinstance(choice, Text | Const | Ref) and choice != NONE
        )
        return any(is_null or truth(default) is not False for default in defaults)

    def _rewrite_truth_test(self, use: Use) -> list[PendingEdit] | None:
        """A test of truth becomes a test for None: the old text was true even without outputs."""
        tree = self.context.tree(use.site)
        node = tree.node(use.operand)
        simple = is_primary_expression(node)
        span = tree.outer_span(node)
        if use.detail in ("and", "or") and simple and is_condition(tree, node):
            return [PendingEdit(span, (span, " is not None"))]
        match use.detail, innermost_ancestors(tree, node, 2):
            case "or", [cst.BooleanOperation(right=default), outside]:
                return [] if isinstance(outside, cst.Arg) and self._empty(default) else None
        if not simple or use.detail not in ("if", "not"):
            return None
        if use.detail == "if":
            return [PendingEdit(span, (span, " is not None"))]
        outer = tree.outer_span(tree.node(use.site))
        return [PendingEdit(outer, (span, " is None"))]

    def _empty(self, node: cst.CSTNode) -> bool:
        return isinstance(node, cst.SimpleString) and literal_text(node) in EMPTY_TEXTS

    def _may_decode_early(self, use: Use) -> bool:
        """Whether the text may be decoded before it exists. The decoding then raises an error, which is
        caught. In a finished run, it may be null as well, if the program looks for the type of that error."""
        if self.is_shown_present(use.operand, use.frame):
            return is_type_observed(self.context, use.site, use.frame, TypeError)
        points = catch_points(self.context, use.site, use.frame, TypeError)
        nodes = [self.context.node(point.site) for point in points]
        return any(not isinstance(node, cst.Call | cst.WithItem) for node in nodes) or any(
            point.catches for point in points
        )

    def _is_guarded_by_test(self, use: Use) -> bool:
        """Whether the decoding is inside a test of the field's truth or for None."""
        tree = self.context.tree(use.site)
        asked = (UseKind.TRUTH, UseKind.NONE)
        tests = {other.site for other in self.uses if other.kind in asked and other.detail != "or"}
        return any(
            tree.site(above.test) in tests for above in enclosing_conditionals(tree, tree.node(use.site))
        )

    def _defaults(self, operand: Site) -> list[Site] | None:
        """The literals that substitute for a missing value; None if other values may be decoded here."""
        literals: list[Site] = []
        for value in self.context.values_at(operand):
            for choice in alternatives(value):
                if isinstance(choice, Reply) and (
                    self._is_own_field(choice) or is_always_empty(self.context, choice)
                ):
                    continue
                if choice == NONE or choice in self.fabricated_values:
                    continue
                if choice == UNKNOWN and is_initially_missing(self.context, operand, self.old.name):
                    continue
                site = self._empty_literal(choice)
                if site is None:
                    return None
                if self._is_field_default(site):
                    # A class can't have a list as a field's default. Empty text is false, like an empty list.
                    if choice != Text(()):
                        return None
                    continue
                if site not in literals:
                    literals.append(site)
        return literals

    def _is_own_field(self, reply: Reply) -> bool:
        return is_field(self.context, self.match, self.old, reply)

    def _is_field_default(self, site: Site) -> bool:
        """Whether a literal is the default of a class's field."""
        tree = self.context.tree(site)
        return isinstance(
            tree.enclosing(tree.node(site), cst.FunctionDef, cst.Lambda, cst.ClassDef), cst.ClassDef
        )

    def _empty_literal(self, value: Value) -> Site | None:
        if not isinstance(value, Text) or not is_empty_json_text(value) or len(value.parts) != 1:
            return None
        site = getattr(value.parts[0], "site", None)
        return site if site is not None and isinstance(self.context.node(site), cst.SimpleString) else None

    def _as_text(self) -> list[PendingEdit]:
        """Encode the entries as text again where the field is read."""
        for place in empty_substitutes(self.context, self.old, self.reads):
            message = f"this {self.old.name!r} replaces the response's, and isn't a list of entries"
            raise ReplyEscapesError(requests_of(self.reads), place, "stand-in", message)
        edits = self.renames()
        self.context.state.restored_words.add((self.match.operation.id, self.old.name))
        for site in exclusive_reads(self.context, self.match, self.old, self.reads, "text-escapes"):
            node = self.context.node(site)
            tree = self.context.tree(site)
            missing = [self._helpers_for_missing[site]] if site in self._helpers_for_missing else []
            match node:
                case cst.Subscript() | cst.Attribute():
                    edits.append(wrap_in_call(tree, node, self._helper(site.path), *missing))
                case cst.Call(cst.Attribute(), [_] | [_, _]):
                    edits.append(self._wrap_read(site, node))
                case _:
                    reader = "call reads" if isinstance(node, cst.Call) else "pattern binds"
                    message = f"a {reader} the undecoded text, and later code uses it"
                    raise ReplyEscapesError(requests_of(self.reads), site, "text-escapes", message)
        for use in self.filled.uses:
            after = f") or {string_literal(text)}" if (text := _default_text(use)) else ")"
            helper = self._helper(self.filled.fills.path_of_read(use))
            self._fill(use, f"{helper}(", after)
        return edits

    def _wrap_read(self, site: Site, node: cst.Call) -> PendingEdit:
        tree = self.context.tree(site)
        span = tree.outer_span(node)
        read: CodeTemplate = (tree.outer_span(node.func), "(", tree.outer_span(node.args[0].value), ")")
        if site in self._helpers_for_missing:
            read = (f"{self._helpers_for_missing[site]}(", *read, ")")
        called: CodeTemplate = (f"{self._helper(site.path)}(", *read, ")")
        if len(node.args) == 2:
            default = tree.outer_span(node.args[1].value)
            return PendingEdit(span, ("(", *called, " or ", default, ")"))
        return PendingEdit(span, called)

    def _helper(self, path: str) -> str:
        tree = self.context.trees[path]
        module = json_name(tree)
        if module is not None and not means_module(tree, module, "json"):
            module = None
        elif module is None and not is_bound_at_top(tree, "json"):
            module = "json"
            self.helpers.imports.setdefault(path, set()).add("import json")
        return self.helpers.json_text(path, self.old, self.new, module)
