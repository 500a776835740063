"""Functions that a fix writes into a program."""

V1_STATE = '''

def v1_state(word):
    """The v1 state that a v2 status stands for."""
    return {
        "Succeeded": "done",
        "Created": "running",
        "Executing": "running",
        "Failed": "failed",
    }.get(word, word)
'''
AS_JSON = '''

def outputs_as_json(outputs):
    """The outputs, as the JSON text that `answer` was; None while there are none."""
    if outputs is None:
        return None
    return json.dumps({entry["name"]: entry["value"] for entry in outputs})
'''
