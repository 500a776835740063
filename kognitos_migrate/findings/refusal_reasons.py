"""The reasons of refusals: stable names, and the steps that unlock a fix."""

from kognitos_migrate.structs import Struct

TODO_WIDTH = 40
"""The width of the advice in a TODO marker, in characters."""


class Reason(Struct, frozen=True):
    """A reason why a finding has no safe fix.

    `name` is stable and never reused. `todo` unlocks a fix, in a few words.
    """

    name: str
    means: str
    unlocks: str
    todo: str


REFUSALS = (
    # Facts that only the user has.
    Reason(
        "not-configured",
        "The code uses an id that isn't in the configuration.",
        "Run `kognitos-migrate init` to add it to the configuration, then fill it in.",
        "fill in the configuration",
    ),
    Reason(
        "malformed-key",
        "The code has text in the place of an id that can't be one: a placeholder or a sample.",
        "Replace it with a real id, or delete the call.",
        "replace the placeholder with a real id",
    ),
    Reason(
        "word-unknown",
        "The code compares with a v1 word, such as a state, for which no v2 word is configured.",
        "Add the v2 words to the configuration; `explain` prints the lines.",
        "add the word to the configuration",
    ),
    Reason(
        "owner-unknown",
        "In v2, an upload names whom the file is for, and the code near the upload doesn't show it.",
        "Set it in the configuration, or start the run in the function that uploads.",
        "configure whom the file is for",
    ),
    Reason(
        "rule-code",
        "A client file of the project's own rules would insert a function into the program.",
        "Review that function, then run `kognitos-migrate fix --allow-rule-code`.",
        "review the rule's code and allow it",
    ),
    Reason(
        "ignored",
        "Another finding of its conversation is ignored, and a conversation is fixed as a whole.",
        "Remove the suppression (or `ignore:`, or `--ignore`).",
        "remove the suppression there",
    ),
    Reason(
        "skipped",
        "You chose to skip its conversation.",
        "Run `kognitos-migrate fix` again, and accept it.",
        "fix it, or migrate it by hand",
    ),
    Reason(
        "not-given",
        "Files that are not in PATHS would have to change too.",
        "Pass these files too, or the folder that contains them all.",
        "run `fix` on the whole project",
    ),
    Reason(
        "generated",
        "The file is marked as generated: changes would be lost when it is regenerated.",
        'Regenerate it for v2, or remove the "generated" marker.',
        "regenerate it for v2",
    ),
    Reason(
        "import-unresolved",
        "A module imports one that would change, under a name that can't be resolved from there.",
        "Add the folder that the import starts from to `src:` in the configuration.",
        "add the folder to `src:`",
    ),
    # The request.
    Reason(
        "url",
        "The URL is built from parts that other requests share, or it is also used for something else.",
        "Build this request's URL separately, with the path as literal text.",
        "build this URL separately",
    ),
    Reason(
        "acts",
        "An expression that would be dropped has side effects.",
        "Evaluate it first, in its own statement.",
        "evaluate it in its own statement",
    ),
    Reason(
        "order",
        "Code that would move has side effects: it would run in another order, or twice.",
        "Assign its value to a variable in a statement before.",
        "assign it to a variable first",
    ),
    Reason(
        "path",
        "The v2 path has the parts of the v1 path in another order.",
        "Write the v2 path by hand.",
        "write the v2 path by hand",
    ),
    Reason(
        "query",
        "A query parameter moves into the body, and it can't be removed where it is set.",
        "Pass the query as `params=` with literal keys, or as literal text in the URL.",
        "write the query with literal keys",
    ),
    Reason(
        "attachments",
        "It isn't certain which key of the body holds the files.",
        "Write the key as a literal, once, in the body that is sent.",
        "write the attachments' key as a literal",
    ),
    Reason(
        "out-of-reach",
        "A value that the v2 body needs isn't available where the body is built.",
        "Build the body where the request's URL is known, or pass the value down.",
        "build the body where the URL is known",
    ),
    Reason(
        "no-body",
        "The request has no body, and v2 needs one.",
        "Send a body, even an empty one, with the request.",
        "send a body with the request",
    ),
    Reason(
        "body",
        "The body is sent as text that can't be rewritten where it is built.",
        "Pass the data itself (`json=`), or build the text with the json module.",
        "pass the body as data, not as text",
    ),
    Reason(
        "key",
        "A key that has another name in v2 isn't a literal where it is set.",
        "Write the key as a literal.",
        "write the key as a literal",
    ),
    Reason(
        "method",
        "The request's method changes, and it isn't a literal, or other requests share it.",
        "Write the method as a literal for this request only.",
        "write this method as a literal",
    ),
    Reason(
        "headers",
        "The headers describe the v1 body, and other requests share them.",
        "Give this request its own headers.",
        "give this request its own headers",
    ),
    Reason(
        "content",
        "The file's content is sent in a way that can't become part of a form.",
        "Send the whole content in one expression.",
        "send the content in one expression",
    ),
    Reason(
        "form",
        "The client file doesn't describe how this HTTP client sends forms.",
        "Add `multipart:` to the client file, or send the file by hand.",
        "send the file as a form by hand",
    ),
    Reason(
        "transfer",
        "The upload's URL, its fields and the content aren't available in one place.",
        "Read URL and fields from the upload's response where the content is sent.",
        "keep URL, fields and content together",
    ),
    Reason(
        "another-service",
        "The same call may also go to another service.",
        "Use a separate call for this API.",
        "use a separate call for this API",
    ),
    # The uses of the reply.
    Reason(
        "reply-escapes",
        "The response goes where its shape matters and can't be followed.",
        "Read its fields right where the response is decoded, and pass those on.",
        "read its fields where it is decoded",
    ),
    Reason(
        "reply-walked",
        "The code iterates over the response's fields instead of reading them by name.",
        "Read the fields by name.",
        "read its fields by name",
    ),
    Reason(
        "reply-compared",
        "The whole response is compared with something.",
        "Compare the fields that matter.",
        "compare the fields that matter",
    ),
    Reason(
        "field-unknown",
        "A field is read under a name that isn't known, or that other data shares.",
        "Write the field's name as a literal where it is read.",
        "write the field's name as a literal",
    ),
    Reason(
        "field-gone",
        "The code reads a field that v2 responses don't have.",
        "Remove the read.",
        "remove the read of this field",
    ),
    Reason(
        "error-reply",
        "The program depends on a field of an error response; those differ between the versions.",
        "Use the status code, and only show the text of the response to people.",
        "use the status code",
    ),
    Reason(
        "field-asked",
        "The code tests whether the response has a field. In v2 it always does.",
        "Test the field's value instead.",
        "test the field's value",
    ),
    Reason(
        "absence",
        "The code handles a missing key. In v2 the key is always there; its value may be null.",
        "Test the state of the run, or the field's value.",
        "test the state or the field's value",
    ),
    Reason(
        "text-escapes",
        "Encoded text of the response is passed on to code that can't be followed.",
        "Decode it where it is read.",
        "decode the text where it is read",
    ),
    Reason(
        "word-escapes",
        "A word of the response, such as a state, is passed on to code that can't be followed.",
        "Compare it where it is read.",
        "compare the word where it is read",
    ),
    Reason(
        "encoding",
        "The v2 encoding of a value can't be converted to v1's.",
        "Read the value as v2 encodes it.",
        "read the value as v2 encodes it",
    ),
    Reason(
        "looked-into",
        "The code parses a value that is opaque in v2.",
        "Treat it as an opaque id.",
        "treat the value as an opaque id",
    ),
    Reason(
        "address",
        "The code uses the URL of a response, or the request that it belongs to.",
        "Use values that the program already has.",
        "don't use the response's URL or request",
    ),
    Reason(
        "status",
        "The status code differs in v2; it isn't a literal, or other responses share the comparison.",
        "Compare with a literal status where this response is checked.",
        "compare this status with a literal",
    ),
    Reason(
        "stand-in",
        "A dict replaces the response, and has additional or computed keys.",
        "Give it the keys of the v2 response by hand.",
        "give the dict the v2 keys",
    ),
    Reason(
        "model",
        "A model is filled from an expression that would have to be evaluated more than once.",
        "Assign the response to a variable before the model is created.",
        "assign the response to a variable",
    ),
    Reason(
        "model-alias",
        "A model reads the response's fields under aliases.",
        "Change the aliases to the v2 names.",
        "change the aliases to the v2 names",
    ),
    Reason(
        "model-shared",
        "One call creates a model from several kinds of responses, or from other data too.",
        "Use one call for each kind of response.",
        "use one call per kind of response",
    ),
    # Tests.
    Reason(
        "stub",
        "A test fakes a response, or checks a request, in a way that can't be rewritten.",
        "Write the response and the expected request as literals in the test.",
        "write the stub as literals",
    ),
    Reason(
        "stub-alone",
        "No code that calls this stub was found.",
        "Include the code under test in PATHS, or migrate the test by hand.",
        "include the code under test",
    ),
    # Obstacles to an adapter for the reply.
    Reason(
        "not-decoded",
        "The response object is passed on undecoded and can't be converted back to v1 shape.",
        "Decode the response where the request is sent.",
        "decode it where the request is sent",
    ),
    Reason(
        "not-adaptable",
        "A response of this kind can't be converted back to v1 shape.",
        "Decode the response where the request is sent, and pass on the decoded data.",
        "decode it where the request is sent",
    ),
    Reason(
        "shared-decoding",
        "Responses of several kinds are decoded by one call, and used before they are told apart.",
        "Return the decoded data immediately, or decode each kind separately.",
        "decode each kind separately",
    ),
    # The verification of the result.
    Reason(
        "not-validated",
        "A fix was planned, but its result couldn't be proven equivalent to the program.",
        "Migrate it by hand, and please report it: the fix may be right.",
        "migrate it by hand, and report it",
    ),
    # Conflicts with other code.
    Reason(
        "name-taken",
        "The generated code needs a name that is already in use.",
        "Rename the existing one.",
        "rename what has the needed name",
    ),
    Reason(
        "overlap",
        "Its edits overlap with edits of another conversation.",
        "Fix the others first and run the tool again, or split the expression.",
        "fix the others first, then run it again",
    ),
)
