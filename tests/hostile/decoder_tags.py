"""Answers with tags that are no tags: private names, methods, numbers, lists, and leaves with too many parts."""

from forge import answering

CELLS = [
    answering(
        "[next(many)]",
        before="""
shapes = ['["node",1]', '["__class__"]', '["pickle","gASVA"]', '["float","nan","inf"]', '["float","x"]',
          '["list"]', "[]",
          "{}", '{"a":1}', '["handle",-1]', '["handle",0,5]', '["handle",true]',
          '["bytes"]', '["int"]', '["tensor"]']
many = itertools.cycle([('["tuple","ok",%s]' % shape).encode() for shape in shapes] + [b'["tuple"]', b'["tuple","ok"]',
    b'["tuple",["list"],1]', b'["tuple","ok",1,2]', b'["list","ok",1]', b'"ok"', b'["tuple","raised","x",0.5]'])
""",
    ),
]
