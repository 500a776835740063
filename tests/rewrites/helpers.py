"""Functions that a fix writes into a program."""

V1_STATE = '''

def v1_state(word):
    """Return the v1 state for a v2 status."""
    return {
        "Succeeded": "done",
        "Created": "running",
        "Executing": "running",
        "Failed": "failed",
    }.get(word, word)
'''
V1_ANSWER = '''

def v1_answer(outputs):
    """Return the outputs; raise KeyError as long as there are none."""
    if outputs is None:
        raise KeyError("answer")
    return outputs
'''
V1_ANSWER_ATTRIBUTE = V1_ANSWER.replace("v1_answer", "v1_answer_attribute").replace(
    "KeyError", "AttributeError"
)
AS_JSON = '''

def outputs_as_json(outputs):
    """Return the outputs as JSON text, as `answer` was; None if there are none."""
    if outputs is None:
        return None
    return json.dumps({entry["name"]: entry["value"] for entry in outputs})
'''
REQUIRE_ID = '''

def require_id(reply):
    """Return the `id` of a response; raise KeyError("worker_id") if it has none."""
    if isinstance(reply, dict) and "id" not in reply:
        raise KeyError("worker_id")
    return reply["id"]
'''
REQUIRE_STATUS = '''

def require_status(reply):
    """Return the `status` of a response; raise KeyError("state") if it has none."""
    if isinstance(reply, dict) and "status" not in reply:
        raise KeyError("state")
    return reply["status"]
'''
