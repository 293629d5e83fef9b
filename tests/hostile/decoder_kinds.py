"""Answers of kinds that nobody asked for: tables, large powers, sizes beyond memory; and dates instead of numbers."""

from forge import answering

CELLS = [
    answering(
        "[next(many), bytes(8)]",
        before="""
one = '["labels",null,["array","<i8",[1],1],null]'
ten = '["formula","Pow",["integer",10],["integer",1000000000]]'
shapes = ['["table",%s,%s,["array","<f8",[1,1],1]]' % (one, one), '["numbered",null,0,1000000000000,1]', ten,
          '["formula","sympify","print(1)"]', '["range",0,1000000000000,1]', '["path","PosixPath","/etc/passwd"]',
          '["sparse","csr_array",[1,1],["array","<f8",[1],1],["array","<i8",[1],1],["array","<i8",[1],1]]',
          '["picture","L",[1000000,1000000],1,null,null,null]',
          '["torch","float64",["array","<f8",[1],1],true,true,null]',
          '["named","X",["__eq__",1]]', '["type","object"]', '["defaultdict","eval"]', '["deque",null,1]',
          '["complex",1.0,2.0]', '["frozenset",1,["complex",1.0,1.0]]', '["date",2026,1,1]', '["timedelta",1,1,1]',
          '["datetime",2026,1,1,1,1,1,1,["zone","../../etc/passwd"],0]', '["frozenset",["range",0,9,1]]']
many = itertools.cycle([('["tuple","ok",%s]' % shape).encode() for shape in shapes])
""",
    ),
]
