"""Notice what calls for care in a teacher's words: a pupil's name, or that she is exhausted.

Names are found by a few patterns only: 小宇, 阿强, 张同学, 王小明同学. What is found is offered to her, never replaced
unasked; a name that none of the patterns shows is left as it is.
"""

import re
from collections.abc import Sequence

from models.rules.numerals import folded

# Common family names and characters of given names, in both scripts. Only these make a name of 小 or 阿, so that
# 小组, 小时 and 小测 stay what they are.
_FAMILY = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪"
    "田任姜范方石姚谭廖邹熊金陆郝孔崔康毛邱秦江史顾侯邵孟龙段雷钱汤尹黎常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻鍾範譚鄒陸顧龍錢湯尹黎喬賀賴龔龐蘭顏嚴溫蘆"
)
_GIVEN = (
    "宇明红刚丽华军伟芳强磊洋艳勇杰娟涛超霞平桂英玲辉鹏波斌敏静浩然轩涵萱怡欣悦佳琪瑶琳雪婷梅莉倩雯晨阳旭昊睿博"
    "哲凯俊峰翔宁乐妍颖慧洁晶晓雨露晴阳彤瑞祥福贵妹燕莹蕾菲薇岚琴珊珍玉凤兰春秋冬亮辰皓铭泽航鑫淼楠桐可豆果糖"
    "紅剛麗華軍偉強艷傑濤輝鵬靜軒悅瑤倩陽凱寧樂穎潔曉貴瑩嵐鳳蘭銘澤"
)
_NAMED = f"[{''.join(dict.fromkeys(_FAMILY + _GIVEN))}]"

# Words in which the same characters are no name: 小任务, 缩小范围, 马上, 周三.
_THINGS = (
    "高潮|高峰|平台|平臺|明星|文章|文具|文本|方法|方块|方塊|方面|红[花旗书帽点笔]|紅[花旗書帽點筆]|白|金[鱼魚]|[马馬]过河|石[头頭子]|"
    "雨[点點伞]|雪[人花]|龙虾|果[子实]|豆子|可[爱愛]|乐[器队]|樂[器隊]|英雄|康|安全|牛|江|田|秋千|玉米|[兰蘭]花|强[项化]|常识|超市|[钱錢]|"
    "亮[点點]|范[围圍]|範圍|段|程|任[务務]|博士|毛病|叶子|葉子|宇宙|晨[会會读讀]|露一手|陶|史|[钟鐘]"
)
_SMALLER = "从從最大中缩縮减減变變较較很太更细細微弱渺胆膽幼窄"
_WORDS = "[马馬]上|许多|許多|任[何意]|何[种種时時]|高[年中兴興]|常[有见見]|方[才便]|周[一二三四五六日末]|白天|安[静靜全]|严[肃格]|[温溫]和"
_NO_GIVEN = "年级級班组組位名个個些的是有让讓请請和与與跟们們"

_PREFIXED = rf"(?<![{_SMALLER}])[小阿](?!{_THINGS}){_NAMED}"
# A family name alone is kept with its 同学: nobody wants each 王 of a text replaced.
_CLASSMATE = "同[学學](?![们們])"
_FULL = rf"(?<![任如])(?!{_WORDS})[{_FAMILY}](?:[^\W{_NO_GIVEN}]{{1,2}}(?={_CLASSMATE})|{_CLASSMATE})"
_NAME = re.compile(f"{_PREFIXED}|{_FULL}")

# What a person says who can no more. Machines and pages collapse, too; that is none of our concern.
_EXHAUSTED = re.compile(
    "撑不下去|撑不住了|坚持不下去|熬不下去|活不下去|不想干了|干不下去|不想当老师|不想教了|(?<![统网序页站脑机件务])崩溃|"
    "要崩了|心态崩了|活着没意思|活着没有意思|活着太累|不想活|想死|想消失|失眠|受不了了|我太累了|累垮|身心俱疲|心力交瘁|精疲力尽|绝望|"
    r"\bburn(?:ed|t)? ?out\b|\bi(?:'m| am| feel)[^.!?]{0,20}(?:exhausted|hopeless|breaking down|falling apart)\b|"
    r"\bcan'?t (?:go on|cope|(?:take|do) (?:it|this) any ?more)\b|\bwant to (?:quit|die|give up)\b|\bno point in living\b"
)
_SIMPLER = str.maketrans("撐堅幹統網頁腦機務當師沒義潰著憊盡絕鬱", "撑坚干统网页脑机务当师没义溃着惫尽绝郁")


def likely_names(text: str) -> list[str]:
    """Return the pupils' names that a text seems to hold, each once, in order."""
    return list(dict.fromkeys(_NAME.findall(text)))


def masked(text: str, names: Sequence[str], by: str) -> str:
    """Return the text with each of these names, and a 同学 behind it, replaced by other words."""
    if not names:
        return text
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(f"(?:{longest_first})(?:{_CLASSMATE})?", lambda _: by, text)


def sounds_exhausted(text: str) -> bool:
    """Return True when the words of a text suggest distress; the answer is kind, and nobody else hears of it."""
    return _EXHAUSTED.search(folded(text).replace("’", "'").translate(_SIMPLER)) is not None
