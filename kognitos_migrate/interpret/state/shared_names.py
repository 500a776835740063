"""Shared names: the values of names that several functions can read, those of frames and classes."""

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.state.class_table import ClassTable
from kognitos_migrate.interpret.state.frames import Environment
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Value


class SharedNames:
    """The distinct values of names that several functions can read: those of frames and classes."""

    def __init__(self, classes: ClassTable) -> None:
        self.binds = 0
        """How many times a name got a value that it had never had. Values beyond `budgets.SHARED` don't
        count."""
        self._classes = classes
        self._values: dict[tuple[int | Site, str], set[Value]] = {}
        self._deferred: dict[tuple[int, str], Value] = {}
        self._later_values: dict[tuple[int, str], Value] = {}
        """By frame and name: the values that code which runs later may read."""
        self.deferrals = 0
        """How many times `defer` has recorded a value that the name didn't have, or a module that was run
        turned out to be imported or replaced, too."""
        self.search_path_changes = False
        """Whether the program changes `sys.path`."""
        self.replaced: dict[str, Value] = {}
        """By module: the objects that the program puts in its place, into `sys.modules`."""
        self.open_modules: set[str] = set()
        """The modules in which names are bound that aren't known."""
        self.are_reloaded = False
        """Whether the program runs the bodies of modules again."""
        self._imports: dict[str, set[str]] = {}
        self._imported: set[str] = set()
        self._run: set[str] = set()

    def defer(self, frame: int, name: str, value: Value) -> None:
        """Record that a function that unanalysed code may call at any time binds a name of a frame."""
        previous = self._deferred.get((frame, name), NEVER)
        self._deferred[frame, name] = join(previous, value)
        self.deferrals += self._deferred[frame, name] != previous

    def note_later_read(self, frame: int, name: str, value: Value) -> None:
        """Record that code which runs later reads a name of a frame, which has this value now."""
        self._later_values[frame, name] = join(self._later_values.get((frame, name), NEVER), value)

    def join_later_bindings(self, frame: int, name: str, value: Value) -> Value:
        """The value of a frame's name after a binding, joined with those that deferred functions may bind at
        any later time."""
        if (frame, name) in self._later_values:
            value = self._later_values[frame, name] = join(self._later_values[frame, name], value)
        return join(value, self._deferred.get((frame, name), NEVER)) if self._deferred else value

    def note_import(self, importer: str, path: str) -> None:
        """Record that another module imports a module."""
        imports = self._imports.setdefault(importer, set())
        self.deferrals += bool(self._run) and path not in imports and self._reaches(path, importer)
        imports.add(path)
        self.deferrals += path in self._run and path not in self._imported
        self._imported.add(path)

    def is_imported(self, path: str) -> bool:
        """Whether other modules import a module that tests its name, so that there may be a second copy of
        it."""
        self._run.add(path)
        return path in self._imported

    def note_reload(self) -> None:
        """Record that the program runs the bodies of modules again."""
        self.deferrals += not self.are_reloaded
        self.are_reloaded = True

    def may_have_copies(self, path: str, *, tests_name: bool) -> bool:
        """Whether the body of a module may run twice: the program reloads modules, or the module is imported
        and may be run, too. It is if it tests its name, or imports itself by way of others."""
        is_imported = self.is_imported(path)
        return self.are_reloaded or (is_imported and (tests_name or self._reaches(path, path)))

    def _reaches(self, path: str, other: str) -> bool:
        """Whether a module imports another one, perhaps by way of others."""
        reached: set[str] = set()
        waiting = [path]
        while waiting:
            new = self._imports.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        return other in reached

    def note_module_replacement(self, path: str, value: Value) -> None:
        """Record that an object takes a module's place."""
        previous = self.replaced.get(path, NEVER)
        self.replaced[path] = join(previous, value)
        self.deferrals += self.replaced[path] != previous

    def bind(self, owner: int | Site, names: Environment, name: str, value: Value) -> None:
        """Bind a name of the frame or class `owner`, in its environment `names`."""
        earlier_choices = self._values.setdefault((owner, name), set())
        news = {choice for choice in alternatives(value) if choice not in earlier_choices}
        if news and len(earlier_choices) < budgets.SHARED:
            self.binds += 1
            earlier_choices.update(news)
        if isinstance(owner, Site):
            self._classes.add_attribute(owner, name, value)
            if names.get(name) != value:
                self._classes.note_change(owner)
        names[name] = value
