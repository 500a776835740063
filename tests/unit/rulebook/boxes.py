"""The rules of a small invented API that has everything a rule file can say, and a client."""

from pathlib import Path

API = """\
kind: api
id: boxes
title: Boxes
url: https://boxes.example.org/
hosts: [boxes.example.org]
words: [boxes]
old: v1
new: v2
tables:
  shelves:
    key: shelf
    constant: SHELVES
    comment: What a shelf is.
    fields:
      room: {}
      side: {choices: [left, right]}
      label: {required: false, max_length: 10}
vocabularies:
  moods:
    constant: MOODS
    comment: The old moods.
    words: {fine: Good}
dialects:
  setting: flavour
  default: plain
  choices: {plain: as one page has it, fancy: as the other has it}
"""

PACK = """\
kind: operation
id: pack
api: boxes
code: BOX101
name: v1-pack
message: packs
explain: It packs.
url: https://boxes.example.org/pack
old:
  method: POST
  path: /v1/pack/{shelf}
  body: {whole: {slot: things, as: object}}
  reply:
    box: {slot: box}
    mood: {slot: mood, as: word, vocabulary: moods}
    place: {slot: place}
    verb: {slot: verb}
new:
  method: POST
  path: /v2/boxes
  body:
    members:
      room: {slot: shelf, table: shelves, field: room}
      label: {slot: shelf, table: shelves, field: label, when: fancy}
      things: {slot: things, as: {plain: object, fancy: entries}, entry: {name: key, value: val}}
  reply:
    id: {slot: box}
    temper: {slot: mood, as: word, vocabulary: moods}
    place: {slot: place}
    verb: {slot: verb}
    form: {slot: form}
"""

FILL = """\
kind: operation
id: fill
api: boxes
code: BOX102
name: v1-fill
message: fills
explain: It fills.
url: https://boxes.example.org/fill
old:
  method: PUT
  method_slot: verb
  target: {operation: pack, slot: place}
  raw: {slot: content}
new:
  method: POST
  target: {operation: pack, slot: place}
  form:
    fields: {operation: pack, slot: form}
    file: {name: file, slot: content}
examples:
  - {about: one, before: a, after: b}
"""

CLIENT = """\
kind: client
id: wire
title: Wire
url: https://wire.example.org/
keywords: {method: method, url: url, json: json, data: data, files: files}
functions:
  wire.call: {arguments: [method, url]}
  wire.get: {method: GET, arguments: [url]}
sessions:
  types: [wire.Session]
  through: call
  methods:
    call: {arguments: [method, url]}
reply: {json(): json, text: text}
multipart: {fields: data, files: files}
"""

MOCK = """\
kind: mock
id: dummy
title: Dummy
url: https://dummy.example.org/
client: wire
keywords: {url: url, json: reply-json}
functions:
  dummy.get: {method: GET, arguments: [url]}
objects:
  types: [dummy.Dummy]
  methods:
    add: {arguments: [method, url]}
sent: {json(): json}
"""

FILES = {"api.yaml": API, "pack.yaml": PACK, "fill.yaml": FILL, "wire.yaml": CLIENT, "dummy.yaml": MOCK}


def write_rules(folder: Path, name: str = "api.yaml", old: str = "", new: str = "") -> None:
    """Put the rules into `folder`, with `old` in the file `name` replaced by `new`."""
    for file, text in FILES.items():
        if file == name:
            assert old in text
            text = text.replace(old, new, 1)
        (folder / file).write_text(text, encoding="utf-8")
