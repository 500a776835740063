"""Inputs of models: the data with which a test fills a model of the program itself, as in
`RunStatus.model_validate({…})`.

The model keeps the names of its fields, so the data stay as they are, unless the plan changes the model.
"""

from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.roles import argument_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Ref, Symbol

_HOLDERS = (cst.Assign, cst.AnnAssign, cst.AssignTarget, cst.Element, cst.Return)
"""Nodes that hand a value on to a name, a list or a caller."""
_TEST_LIBRARY = "pytest."


def passes_arguments_to_tests(context: PlanContext, tree: Tree, call: cst.Call) -> bool:
    """Whether a call hands its arguments on to tests, as `pytest.mark.parametrize(names, table)` does."""
    called = context.alternatives_at(tree.site(call.func))
    return bool(called) and all(
        isinstance(choice, Symbol) and choice.name.startswith(_TEST_LIBRARY) for choice in called
    )


class ModelInputs(Struct, frozen=True):
    """The data of tests that fill models. `edits` are the spans of a plan's edits, `urls` those of URLs."""

    context: PlanContext
    edits: Sequence[Span]
    urls: frozenset[Span] = frozenset()

    def fills_unchanged_models(self, tree: Tree, node: cst.CSTNode) -> bool:
        """Whether a dict or its JSON text in a test only fills models that the plan leaves as they are."""
        site = tree.site(node)
        refs = [choice for choice in self.context.alternatives_at(site) if isinstance(choice, Ref)]
        records = [ref for ref in refs if isinstance(self.context.facts.heap[ref], DictObject)]
        aliases = [alias for ref in records for alias in self.context.aliases_of(ref)] or [site]
        calls = [self._model_call(alias) for alias in aliases]
        if not any(call is not None for call in calls):
            return False
        return all(
            call is not None or self._is_passed_on(alias) for call, alias in zip(calls, aliases, strict=True)
        )

    def find_input_conflicts(self) -> Iterator[Site]:
        """The places in tests where records whose text changes fill models of the program that the plan
        leaves as they are. A record of settings, in which a URL changes, is none of a response."""
        for number, record in enumerate(self.context.facts.heap.objects):
            if isinstance(record, DictObject) and self._is_edited(record.site):
                for alias in self.context.aliases_of(Ref(number)):
                    call = self._model_call(alias)
                    if call is not None and self._drops_record(
                        Ref(number), self.context.tree(alias).site(call)
                    ):
                        yield alias

    def _drops_record(self, record: Ref, call: Site) -> bool:
        """Whether a call makes instances of the program's classes and no instance keeps the record whole."""
        made = [choice for choice in self.context.alternatives_at(call) if isinstance(choice, Ref)]
        instances = [
            instance
            for ref in made
            if isinstance(instance := self.context.facts.heap[ref], Instance) and instance.cls is not None
            if instance.cls.site.path not in self.context.facts.tests
        ]
        kept = (value for instance in instances for value in instance.attributes.values())
        return bool(instances) and record not in alternatives(*kept)

    def _is_edited(self, site: Site) -> bool:
        span = self.context.span(site)
        return any(span.contains(edit) for edit in self.edits if edit not in self.urls)

    def _is_passed_on(self, site: Site) -> bool:
        """Whether an expression in a test, or in a data file of one, is only bound to a name, returned, or a
        parameter of the test."""
        tree, node = self.context.tree(site), self.context.node(site)
        if site.path not in self.context.facts.tests and not is_data_file(site.path):
            return False
        argument = argument_of(tree, node)
        if argument is not None:
            return passes_arguments_to_tests(self.context, tree, argument.call)
        return isinstance(tree.parent(node), _HOLDERS)

    def _model_call(self, site: Site) -> cst.Call | None:
        """The call that fills a model with an expression, if the plan leaves all that runs for it."""
        tree = self.context.tree(site)
        argument = argument_of(tree, tree.node(site))
        if argument is None or site.path not in self.context.facts.tests:
            return None
        call = tree.site(argument.call)
        objects = [self.context.facts.heap.get(choice) for choice in self.context.alternatives_at(call)]
        classes = [
            record.cls.site
            for record in objects
            if isinstance(record, Instance) and record.cls is not None and record.client is None
        ]
        if not classes or len(classes) < len(objects):
            return None
        spans = [self.context.span(place) for place in (*classes, *self.context.callees(call))]
        is_changed = any(span.contains(edit) for span in spans for edit in self.edits)
        return None if is_changed else argument.call
