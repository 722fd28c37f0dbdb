"""Citizens' answers: figures, words, and texts that are neither (GT-13, GT-19)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.citizen.survey import Fate, SurveyAnswer, read_answer, read_opt_out

FROM = 3
THRESHOLDS = st.integers(2, 5)
RATINGS = st.integers(1, 5)
WORDS = st.text(st.characters(categories=("Lo", "Lu", "Ll", "Zs", "Po")), max_size=40)
FORMS = ("12345", "１２３４５", "①②③④⑤")
SPELT = "一二三四五"


def read(text: str) -> tuple[int | None, int, bool] | None:
    answer = read_answer(text, FROM)
    return None if answer is None else (answer.intake_rating, answer.handling_rating, answer.satisfied)


@given(RATINGS, THRESHOLDS, st.sampled_from((*FORMS, SPELT)), st.sampled_from(("", "分", "星", "颗星", " 分。", "！")))
def test_one_figure_rates_the_handling(rating: int, line: int, form: str, behind: str) -> None:
    answer = read_answer(f" {form[rating - 1]}{behind}", line)
    assert answer == SurveyAnswer(satisfied=rating >= line, handling_rating=rating)
    assert answer.result == ("satisfied" if rating >= line else "dissatisfied")


@given(
    RATINGS,
    RATINGS,
    THRESHOLDS,
    st.sampled_from((*FORMS, SPELT)),
    st.sampled_from(("", " ", ",", "，", "、", "/", "\n", "分")),
)
def test_two_figures_rate_intake_and_handling(intake: int, handling: int, line: int, form: str, between: str) -> None:
    answer = read_answer(f"{form[intake - 1]}{between}{form[handling - 1]}", line)
    assert answer == SurveyAnswer(satisfied=handling >= line, handling_rating=handling, intake_rating=intake)


@given(
    RATINGS,
    st.lists(RATINGS, max_size=1),
    st.sampled_from(("还没修好", "谢谢师傅", "三天了没人来", "4号楼一直没水", "2024年起就这样")),
)
def test_what_follows_the_figures_is_the_comment(handling: int, intake: list[int], comment: str) -> None:
    answer = read_answer(f"{''.join(map(str, intake))}{handling}，{comment}", FROM)
    assert answer is not None
    assert (answer.handling_rating, answer.comment) == (handling, comment)
    assert answer.intake_rating == (intake[0] if intake else None)


@pytest.mark.parametrize(
    "text",
    [
        "5天了没人来",
        "4号楼没水",
        "12345热线",
        "4.5",
        "5.4",
        "5:30来的",
        "100分",
        "95分",
        "5-10天",
        "5 4 3",
        "555",
        "0",
        "6",
        "9分",
        "三楼漏水",
        "一般周末在家",
        "五一路没灯",
    ],
)
def test_a_figure_that_counts_something_is_no_rating(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(("text", "rating"), [("我给四星", 4), ("打五分吧", 5), ("只能给1分", 1), ("不满意，给1分", 1)])
def test_a_rating_with_its_unit_may_stand_anywhere(text: str, rating: int) -> None:
    assert read(text) == (None, rating, rating >= FROM)


@pytest.mark.parametrize(
    ("text", "rating", "comment"),
    [
        ("满意", 4, ""),
        ("非常满意", 5, ""),
        ("很满意，谢谢", 5, "谢谢"),
        ("基本满意。", 3, ""),
        ("一般", 3, ""),
        ("我很满意的", 5, ""),
        ("不错，满意", 4, "不错，满意"),
        ("路灯当天就亮了，很满意", 5, "路灯当天就亮了，很满意"),
    ],
)
def test_praise(text: str, rating: int, comment: str) -> None:
    assert read_answer(text, FROM) == SurveyAnswer(satisfied=True, handling_rating=rating, comment=comment)


@pytest.mark.parametrize(
    ("text", "rating", "comment"),
    [
        ("不满意", 2, ""),
        ("非常不满意", 1, ""),
        ("一点都不满意", 1, ""),
        ("不太满意", 2, ""),
        ("没有满意", 2, ""),
        ("不是很满意", 2, ""),
        ("无法满意", 2, ""),
        ("很差", 1, ""),
        ("差评", 2, ""),
        ("不满意，三天了还没人来", 2, "三天了还没人来"),
        ("不满意路灯还是不亮", 2, "路灯还是不亮"),
        ("态度满意，结果很差", 1, "态度满意，结果很差"),
    ],
)
def test_blame(text: str, rating: int, comment: str) -> None:
    assert read_answer(text, FROM) == SurveyAnswer(satisfied=False, handling_rating=rating, comment=comment)


NEGATED = st.builds(
    "{}{}{}满意{}".format,
    st.sampled_from(("", "我", "我对结果", "处理结果", "真的")),
    st.sampled_from(("不", "没", "没有", "未能", "无法", "难以", "并不", "从不", "非常不", "谈不上", "算不上", "别说")),
    st.sampled_from(("", "太", "很", "怎么", "十分", "是很", "觉得")),
    st.sampled_from(("", "。", "！", "，谢谢", "，希望下次能让我满意")),
)


@given(NEGATED, THRESHOLDS)
def test_what_is_negated_is_never_praise(text: str, line: int) -> None:
    answer = read_answer(text, line)
    assert answer is None or (not answer.satisfied and answer.handling_rating < line), text


@pytest.mark.parametrize(
    "text",
    [
        "没有不满意",
        "不是不满意",
        "满意吗",
        "怎么可能满意",
        "希望能让我满意",
        "给我一个满意的答复",
        "满意度太低",
        "很好但是没修",
        "态度很好，问题没解决",
        "1，非常满意",
        "5 不满意",
        "满意，给1分",
        "不能给5分",
        "好的",
        "谢谢",
        "你是谁",
        "",
        "，。",
        "👍",
    ],
)
def test_what_can_be_taken_either_way_is_no_answer(text: str) -> None:
    assert read(text) is None


@given(WORDS | st.text(max_size=60), THRESHOLDS)
def test_any_text_can_be_read_and_an_answer_is_consistent(text: str, line: int) -> None:
    answer = read_answer(text, line)
    assert answer is None or answer.satisfied == (answer.handling_rating >= line)
    read_opt_out(text)


@given(st.sampled_from(["满意", "非常满意", "基本满意", "不满意", "非常不满意", "很差", "一般"]), THRESHOLDS)
def test_the_rating_of_a_word_stands_on_its_side_of_the_line(word: str, line: int) -> None:
    answer = read_answer(word, line)
    assert answer is not None
    assert answer.satisfied == (answer.handling_rating >= line)
    if word != "一般":
        assert answer.satisfied == ("不" not in word and "差" not in word)


@pytest.mark.parametrize(
    "text", ["退订", "ＴＤ", "t", "N", "Stop!", "unsubscribe", "退订，谢谢", "请退订吧", "取消订阅"]
)
def test_no_more_texts_are_wanted(text: str) -> None:
    assert read_opt_out(text) is Fate.OPTED_OUT


@pytest.mark.parametrize("text", ["恢复", "订阅", "START", "请恢复短信"])
def test_texts_are_wanted_again(text: str) -> None:
    assert read_opt_out(text) is Fate.OPTED_IN


@pytest.mark.parametrize("text", ["5", "满意", "小区门口的杂志退订不了", "恢复供水", "t恤", ""])
def test_a_word_in_passing_is_no_wish(text: str) -> None:
    assert read_opt_out(text) is None
