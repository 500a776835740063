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
        "The code uses a key that the configuration says nothing of.",
        "Fill it in in the configuration: `kognitos-migrate init` adds it, and `explain` prints it.",
        "fill in the configuration",
    ),
    Reason(
        "malformed-key",
        "The code has a text in the place of a key, and no key has such a form: a placeholder, a sample.",
        "Put a real key in its place, or delete the call.",
        "put a real key in its place",
    ),
    Reason(
        "word-unknown",
        "The code compares with a word of the old version, and nobody says what that has become.",
        "Say in the configuration which new word, or words, it is; `explain` prints where.",
        "say what the word became (configuration)",
    ),
    Reason(
        "owner-unknown",
        "The new version wants to know whom a file is for, and that is not in sight where it is uploaded.",
        "Say it in the configuration, or start the run in sight of the upload.",
        "say whom the file is for (configuration)",
    ),
    Reason(
        "rule-code",
        "A client file of the project's own rules would write a function of its own into the program.",
        "Read that function, then run `kognitos-migrate fix --allow-rule-code`.",
        "read the rule's code and allow it",
    ),
    Reason(
        "ignored",
        "A finding of the same conversation is ignored or suppressed, and conversations are fixed whole.",
        "Take the suppression (or `ignore:`, or `--ignore`) away.",
        "take the suppression there away",
    ),
    Reason(
        "skipped",
        "You chose to leave its conversation as it is.",
        "Run `kognitos-migrate fix` again, and take it.",
        "fix it, or migrate it by hand",
    ),
    Reason(
        "not-given",
        "It belongs with files that were not given to the command, and they would have to change as well.",
        "Give these files too, or the folder that holds them all.",
        "run the fix over the whole project",
    ),
    Reason(
        "generated",
        "The file that would change says that it is generated: a change is lost when that is done again.",
        "Have it generated anew, for the new version; or take the mark out of its head.",
        "generate it anew, for the new version",
    ),
    Reason(
        "import-unresolved",
        "A module imports one that would change by a name that is not found from there.",
        "Name the folder that the import begins at under `src:` in the configuration.",
        "name the folder under `src:`",
    ),
    # The request.
    Reason(
        "url",
        "The URL is put together in a way that other requests share, or something else is made of it.",
        "Build this request's URL on its own, as a text with the path written out.",
        "build this URL on its own",
    ),
    Reason(
        "acts",
        "What would be left out does something besides giving a value: it logs, it counts, it asks.",
        "Do that in a line of its own before, and give what it gives.",
        "do that in a line of its own",
    ),
    Reason(
        "order",
        "What moves has side effects, and would be evaluated in another order, or twice.",
        "Give its value a name in a line of its own before.",
        "name its value in a line before",
    ),
    Reason(
        "path",
        "The new path has the parts of the old one in another order.",
        "Write the new path by hand.",
        "write the new path by hand",
    ),
    Reason(
        "query",
        "A parameter of the query moves into the body, and it can't be taken out where it is written.",
        "Give the query as `params=` with its keys written out, or as text in the URL itself.",
        "write the query's parameters out",
    ),
    Reason(
        "attachments",
        "It is not certain which key of the body holds the files.",
        "Write the key out, once, in the body that is sent.",
        "write out which key holds the files",
    ),
    Reason(
        "out-of-reach",
        "What the new body needs is not in sight where the body is put together.",
        "Put the body together where the request's URL is known, or hand the value down.",
        "build the body where the URL is known",
    ),
    Reason(
        "no-body",
        "The request has no body where one is expected.",
        "Send a body, even an empty one, with the request.",
        "give the request a body",
    ),
    Reason(
        "body",
        "The body is sent as text that can't be rewritten where it is made.",
        "Give the client the data itself (`json=`), or make the text with the json module.",
        "give the body as data, not as text",
    ),
    Reason(
        "key",
        "A key that is called otherwise in the new version is not written out where it is set.",
        "Write the key out as a text.",
        "write the key out as a text",
    ),
    Reason(
        "method",
        "The method of the request changes, and it is not written out, or other requests share it.",
        "Write the method out at this request alone.",
        "write the method out at this request",
    ),
    Reason(
        "headers",
        "The headers say what the old body was, and other requests are sent with the same ones.",
        "Give this request headers of its own.",
        "give this request headers of its own",
    ),
    Reason(
        "content",
        "The content of a file is sent in a way that can't be put into a form.",
        "Have the content, whole, where the request is sent.",
        "have the content where it is sent",
    ),
    Reason(
        "form",
        "It is not known how this HTTP client sends a form.",
        "Say it in the client's file (`multipart:`), or send the file by hand.",
        "send the file as a form by hand",
    ),
    Reason(
        "transfer",
        "The upload's URL, its fields and its content are not in sight together.",
        "Take the URL and the fields from the upload's reply where the content is sent.",
        "have URL, fields and content together",
    ),
    Reason(
        "another-service",
        "The same request may go to another service, too.",
        "Give this API a request of its own.",
        "give this API a request of its own",
    ),
    # The uses of the reply.
    Reason(
        "reply-escapes",
        "The reply goes where its shape matters, and the analysis can't follow it there.",
        "Read its fields where it is got, and hand those on.",
        "read its fields at once",
    ),
    Reason(
        "reply-walked",
        "The reply's fields are walked over instead of read by name.",
        "Read the fields by name.",
        "read its fields by name",
    ),
    Reason(
        "reply-compared",
        "The whole reply is compared with something.",
        "Compare the fields that matter.",
        "compare the fields that matter",
    ),
    Reason(
        "field-unknown",
        "A field of the reply is read by a name that is not known, or not the reply's alone.",
        "Write the name out where the field is read.",
        "write the field's name out",
    ),
    Reason(
        "field-gone",
        "A field of the reply is read that the new version does not have.",
        "Do without it.",
        "do without this field",
    ),
    Reason(
        "error-reply",
        "The program goes by a field of an error reply; the error replies of the versions differ.",
        "Go by the status code, and only show the reply's text to people.",
        "go by the status code",
    ),
    Reason(
        "field-asked",
        "It is asked whether the reply has a field, which the new version always has.",
        "Ask for the field's value.",
        "ask for the field's value",
    ),
    Reason(
        "absence",
        "It is caught that the reply lacks a field, which the new version always has.",
        "Ask for the field's value.",
        "ask for the field's value",
    ),
    Reason(
        "text-escapes",
        "A text of the reply goes on undecoded to where the analysis can't follow it.",
        "Decode it where it is read.",
        "decode the text at once",
    ),
    Reason(
        "word-escapes",
        "A word of the reply goes on to where the analysis can't follow it.",
        "Compare it where it is read.",
        "compare the word at once",
    ),
    Reason(
        "encoding",
        "A value is written in the new version in a way that can't be turned into the old one.",
        "Read the value as the new version writes it.",
        "read the value as it is written now",
    ),
    Reason(
        "looked-into",
        "A value is looked into that is opaque in the new version.",
        "Treat it as an opaque id.",
        "treat the value as an opaque id",
    ),
    Reason(
        "address",
        "Something is made of the URL that a reply came from, or of the request that it has.",
        "Make it of what the program knows.",
        "do without the reply's URL and request",
    ),
    Reason(
        "status",
        "The status code is another in the new version, and not written out, or compared for others, too.",
        "Write the status out where this reply is looked at.",
        "write the status out for this reply",
    ),
    Reason(
        "stand-in",
        "A dict stands in for the reply, and has keys of its own, or keys that are not written out.",
        "Give it the new reply's keys by hand.",
        "give the stand-in the new keys",
    ),
    Reason(
        "model",
        "A model is filled from an expression that would have to be evaluated more than once.",
        "Give the reply a name before the model is made.",
        "give the reply a name first",
    ),
    Reason(
        "model-alias",
        "A model takes the reply's fields under other names.",
        "Give the model the new names.",
        "give the model the new names",
    ),
    Reason(
        "model-shared",
        "The same call makes a model of different replies, or of other things as well.",
        "Make the model in a call for each kind of reply.",
        "make one model for each kind of reply",
    ),
    # Tests.
    Reason(
        "stub",
        "A test makes up a reply, or says what was sent, in a way that can't be put into the new layout.",
        "Write out in the test, for the stub alone, what is replied and what is expected.",
        "write out what the stub says",
    ),
    Reason(
        "stub-alone",
        "A test answers a request of the old version that nothing in sight sends.",
        "Give the code that the test is for too; or migrate the test by hand.",
        "give the code under test too",
    ),
    # Obstacles to an adapter for the reply.
    Reason(
        "not-decoded",
        "The reply goes on undecoded, and can't be put back into its old shape.",
        "Decode the reply where the request is sent.",
        "decode the reply where it is got",
    ),
    Reason(
        "not-adaptable",
        "A reply of this kind can't be put back into its old shape.",
        "Decode the reply where the request is sent, and hand on what is decoded.",
        "decode the reply where it is got",
    ),
    Reason(
        "shared-decoding",
        "Replies of several kinds are decoded in one place, and used before they part.",
        "Return what is decoded at once, or decode each kind on its own.",
        "decode each kind of reply on its own",
    ),
    # The verification of the result.
    Reason(
        "not-validated",
        "A fix was planned, and it can't be shown that its result does the same as the program.",
        "Compare what the fix would make of it by hand; report it, so that the tool learns to.",
        "migrate it by hand, and report it",
    ),
    # Conflicts with other code.
    Reason(
        "name-taken",
        "The new code needs a name that is taken.",
        "Call the other thing otherwise.",
        "free the name that the new code needs",
    ),
    Reason(
        "overlap",
        "Its edits meet others in one place.",
        "Fix the others first and run the tool again, or pull the expressions apart.",
        "fix the others first, then run it again",
    ),
)
