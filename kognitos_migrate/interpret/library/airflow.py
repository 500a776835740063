"""Models of what hooks and operators of Airflow inherit, by the qualified names of their bases."""

from functools import partial

from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.library.logging_ import log_record, logger
from kognitos_migrate.interpret.unmodeled_calls import call_or_default
from kognitos_migrate.modules.channels import LOG_METHODS
from kognitos_migrate.values.lattice import Value, library_result

_HOOKS = (
    "airflow.hooks.base.BaseHook",
    "airflow.hooks.base_hook.BaseHook",
    "airflow.sdk.BaseHook",
    "airflow.sdk.bases.hook.BaseHook",
)
_LOGGING = (
    *_HOOKS,
    "airflow.models.BaseOperator",
    "airflow.models.baseoperator.BaseOperator",
    "airflow.sdk.BaseOperator",
    "airflow.sdk.BaseSensorOperator",
    "airflow.sensors.base.BaseSensorOperator",
    "airflow.utils.log.logging_mixin.LoggingMixin",
)
"""The classes with a logger as their attribute `log`."""


def _connection(name: str, call: CallPoint) -> Value:
    """The result of `hook.get_connection(id)`: a class method, which doesn't see the hook."""
    call.interpreter.notes.note_library(call.act, name)
    return call_or_default(call, name, name, library_result(name, name))


SYMBOLS: dict[str, Model] = {
    **{name: partial(_connection, name) for name in (f"{base}.get_connection" for base in _HOOKS)},
    **dict.fromkeys((f"{base}.log" for base in _LOGGING), logger),
    **{f"{base}.log.{method}": log_record for base in _LOGGING for method in LOG_METHODS},
}

METHODS: dict[str, Method] = {}
