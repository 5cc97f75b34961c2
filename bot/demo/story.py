"""What the demo's made-up people are called, heard, wrote and tried; times are the school's wall time."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Colleague:
    """One line of the roster; `hours` are her contact hours where they are not the usual ones."""

    name: str
    group: str
    roles: tuple[str, ...]
    subject: str
    classes: tuple[str, ...]
    phone: str | None = None
    hours: tuple[str, str] | None = None


COLLEAGUES = (
    Colleague("林晓", "语文组", ("teacher",), "语文", ("三2班", "三4班"), "teacher"),
    Colleague("陈静安", "语文组", ("mentor", "teacher"), "语文", ("三1班",), "mentor", ("20:00", "21:30")),
    Colleague("王立群", "语文组", ("leader", "supervisor"), "语文", ("四1班",), "leader"),
    Colleague("周宁", "语文组", ("teacher",), "语文", ("二1班",)),
    Colleague("赵然", "语文组", ("teacher",), "语文", ("二3班",)),
    Colleague("吴悠", "语文组", ("teacher",), "语文", ("一2班",)),
    Colleague("郑可", "语文组", ("teacher",), "语文", ("五1班",)),
    Colleague("苏禾", "语文组", ("teacher",), "语文", ("四3班",)),
    Colleague("孙桥", "数学组", ("leader", "teacher"), "数学", ("五2班",)),
    Colleague("钱朗", "数学组", ("teacher",), "数学", ("三2班",)),
    Colleague("何青", "数学组", ("teacher",), "数学", ("一1班",)),
    Colleague("沈知夏", "青禾小学", ("office",), "", ()),
)

# The autumn term: its name, the Monday of week 1, its weeks; and the days the school marked itself.
TERM = ("2026学年第一学期", "2026-08-31", 21)
# first day, last day, kind, name, whose lessons are held on a made-up day (0 = Monday)
SCHOOL_DAYS: tuple[tuple[str, str, str, str, int | None], ...] = (
    ("2026-09-20", "2026-09-20", "school", "国庆调休", 3),
    ("2026-10-10", "2026-10-10", "school", "国庆调休", 4),
    ("2026-11-05", "2026-11-06", "exam", "期中考试", None),
    ("2027-01-18", "2027-01-20", "exam", "期末考试", None),
)

# Who teaches which class when, through the week: (class, the periods of Monday, Tuesday, ... Friday)
TIMETABLE: dict[str, tuple[tuple[str, tuple[tuple[int, ...], ...]], ...]] = {
    "林晓": (("三4班", ((1,), (2,), (2,), (1, 3), (2,))), ("三2班", ((3,), (3,), (4,), (2,), (3,)))),
    "陈静安": (("三1班", ((2,), (1, 5), (1,), (4,), (4,))),),
    "王立群": (("四1班", ((1, 2), (2,), (3,), (1,), (1,))),),
    "周宁": (("二1班", ((2,), (1,), (1, 3), (2,), (1,))),),
    "赵然": (("二3班", ((1,), (2,), (2,), (3,), (2,))),),
    "钱朗": (("三2班", ((1,), (1,), (2,), (1,), (2,))),),
}

# title, day, from, to, place, speaker, hours, group (None: the whole school)
TRAININGS = (
    ("大单元教学设计", "2026-08-26", "14:00", "16:20", "三楼会议室", "顾文澜", 3, None),
    ("先写评价任务，再想活动", "2026-09-02", "14:00", "15:30", "语文教研室", "顾文澜", 2, "语文组"),
    ("整本书阅读怎么领读", "2026-09-09", "14:00", "15:30", "图书角", "苏禾", 2, "语文组"),
    ("数学课上的错误也是资源", "2026-09-09", "14:00", "15:30", "数学教研室", "孙桥", 2, "数学组"),
    ("追问的学问：等三秒", "2026-09-11", "14:00", "15:30", "语文教研室", "陈静安", 2, "语文组"),
)

# who, when, kind, training, audience, parts
ENTRIES: tuple[tuple[str, str, str, str, str, dict[str, Any]], ...] = (
    ("林晓", "2026-08-26 16:40", "jotting", "大单元教学设计", "", {"pieces": [
        {"text": "顾老师说，先想清楚学完这个单元孩子能做成一件什么事，再回头排课。"},
        {"text": "我的第一单元其实只有一篇一篇的课，没有那件事。"},
    ]}),
    ("林晓", "2026-09-02 15:50", "jotting", "先写评价任务，再想活动", "", {"pieces": [
        {"text": "最有用的一句：先写评价任务，再想活动。"},
    ]}),
    ("林晓", "2026-09-04 12:20", "reflection", "先写评价任务，再想活动", "pair", {
        "about": "三4班《大青树下的小学》",
        "happened": "小组汇报的时候，平时不说话的一位学生站起来补充了一句。",
        "did": "我提前把评价单发了下去，他知道要补充什么。",
        "redo": "留下评价单，换掉的是时间，汇报太赶了。",
        "next_line": "每组汇报前留三十秒默看评价单。",
    }),
    ("林晓", "2026-09-16 12:45", "reflection", "", "pair supervisor", {
        "about": "一次没讲完的课",
        "happened": "《花的学校》只讲到第六段就下课了，孩子们在「花孩子为什么急急忙忙」上争了起来。",
        "did": "我没有打断他们，多问了一句「你从哪个词看出来的」。",
        "redo": "会提前想好哪一个问题值得停下来，别的就放过去。",
        "surprise": "争得最起劲的，是平时抄写总慢半拍的几个孩子。",
    }),
    ("周宁", "2026-09-10 17:05", "reflection", "整本书阅读怎么领读", "group supervisor", {
        "about": "二1班的绘本早读",
        "happened": "把早读改成两个人轮流读给对方听，教室里第一次没有人拖长腔。",
        "redo": "轮了几天就有点腻了，要换一换同桌。",
        "next_line": "每周一换一次同桌。",
    }),
    ("周宁", "2026-09-14 17:30", "reflection", "整本书阅读怎么领读", "group supervisor", {
        "about": "换了同桌的早读",
        "happened": "换同桌以后，读得快的孩子开始等读得慢的孩子。",
        "did": "只说了一条规矩：要让对方听明白。",
        "surprise": "有两个孩子自己做了小书签，给对方标停顿。",
    }),
    ("吴悠", "2026-09-15 12:15", "jotting", "整本书阅读怎么领读", "group", {"pieces": [
        {"text": "一年级也能领读：先看封面猜一猜，猜错了更想翻开。"},
    ]}),
    ("苏禾", "2026-09-10 18:10", "essay", "", "group", {"free": [
        "图书角的登记本换成了「读完想说的一句话」，还书的队伍变长了，还的人笑着。",
    ]}),
    ("郑可", "2026-09-11 12:30", "jotting", "", "", {"pieces": [
        {"text": "五1班的作文课，开头都在写天气，下次先让他们写最后一句。"},
    ]}),
    ("何青", "2026-09-10 16:45", "jotting", "数学课上的错误也是资源", "group", {"pieces": [
        {"text": "把错题贴在墙上，署名「谢谢它」，没有孩子觉得丢脸。"},
    ]}),
)  # fmt: skip


@dataclass(frozen=True)
class Try:
    """One action, and the row that a follow-up left, if there was one."""

    who: str
    made: str
    training: str
    sentence: tuple[str, str, str]  # class, moment, deed
    sign: str
    insight: str
    until: str
    audience: str = "pair"
    row: dict[str, Any] = field(default_factory=dict)
    row_on: str = ""
    row_audience: str = ""


TRIES = (
    Try(
        "林晓", "2026-08-27 17:00", "大单元教学设计", ("三4班", "开始小组汇报", "先默看评价单三十秒"),
        "汇报时能说到评价单上的话", "先想清楚学完能做成一件什么事，再回头排课。", "2026-09-10",
        row={
            "result": "partly",
            "effect": "三组汇报明显快了，也说到了点上。",
            "obstacle": "还有两组没看懂评价单。",
            "remedy": "评价单改成三条，配上图。",
        },
        row_on="2026-09-10 17:20",
    ),
    Try(
        "林晓", "2026-09-02 20:10", "先写评价任务，再想活动",
        ("三2班", "小组讨论前", "先请两个平时不说话的孩子各说一句"),
        "后面更愿意说", "先写评价任务，再想活动。", "2026-09-16",
    ),
    Try(
        "赵然", "2026-09-15 17:40", "整本书阅读怎么领读", ("二3班", "翻开新书", "先问封面上最奇怪的是什么"),
        "孩子愿意接着猜", "领读不是讲书，是让人想翻下一页。", "2026-09-29", audience="group supervisor",
    ),
    Try(
        "苏禾", "2026-09-01 18:00", "大单元教学设计", ("四3班", "单元开始那一节", "先给孩子看最后要做成的那张海报"),
        "中途会有人回头看海报", "单元要有一件做得成的事。", "2026-09-15", audience="group supervisor",
        row={
            "result": "done",
            "effect": "一半孩子中途回去改了自己的提纲，因为「海报上放不下」。",
            "obstacle": "海报做得太满，后面几组照抄。",
            "remedy": "下个单元只给半张海报。",
        },
        row_on="2026-09-15 19:00", row_audience="supervisor",
    ),
)  # fmt: skip

# Two lessons of 林晓 that 陈静安 watches: one two weeks ago, one tomorrow.
HELD_LESSON: dict[str, Any] = {
    "state": "held",
    "focus": "小组讨论时我在做什么",
    "strength": "讨论前把要求写在黑板角上，孩子抬头就看得见。",
    "watched": "讨论的六分钟里，你走过四个组，每组停了不到一分钟。",
    "suggestion": "只停在两个组，听完整一轮再走。",
    "feedback": "sent",
    "answer": "下次我先选好两个组。",
}
COMING_LESSON: dict[str, Any] = {"state": "agreed", "focus": "我提问以后等了几秒"}
