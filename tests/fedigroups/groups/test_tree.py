"""The order in which a thread is read."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fedigroups.groups.tree import LEVELS, reading_order
from fedigroups.groups.views import Person, PostView

ANN = Person(1, "https://m.example/users/ann", "ann", "m.example", "Ann", "", local=False)


def post(id: int, parent: int | None, state: str = "live", visibility: str = "public") -> PostView:
    return PostView(
        id=id,
        uri=f"https://m.example/{id}",
        page_url="",
        author_id=1,
        author=ANN,
        thread_id=1,
        parent_id=parent,
        kind="Note",
        title="",
        content=f"<p>{id}</p>",
        warning="",
        language="en",
        sensitive=False,
        attachments=(),
        visibility=visibility,
        state=state,
        reason="",
        published_at=id,
        updated_at=0,
        likes=0,
        boosts=0,
    )


def order(*posts: PostView) -> list[tuple[int, int]]:
    return [(shown.post.id, shown.level) for shown in reading_order(1, posts)]


def test_answers_stand_below_what_they_answer_in_order() -> None:
    posts = [post(1, None), post(2, 1), post(3, 1), post(4, 2), post(5, 4), post(6, 2)]

    assert order(*posts) == [(2, 1), (4, 2), (5, 3), (6, 2), (3, 1)]


def test_a_deleted_post_stays_as_a_place_while_something_below_it_lives() -> None:
    posts = [post(1, None), post(2, 1, "deleted"), post(3, 2, "removed"), post(4, 3)]

    assert order(*posts) == [(2, 1), (3, 2), (4, 3)]


def test_a_deleted_post_with_nothing_alive_below_it_is_not_shown() -> None:
    posts = [post(1, None), post(2, 1, "deleted"), post(3, 2, "deleted"), post(4, 1)]

    assert order(*posts) == [(4, 1)]


def test_answers_to_what_a_stranger_may_not_see_move_up_without_a_trace() -> None:
    posts = [
        post(1, None),
        post(2, 1),
        post(3, 2, visibility="members"),
        post(4, 3, "held"),
        post(5, 4),
        post(6, 1, "deleted", "members"),
        post(7, 6),
    ]

    assert order(*posts) == [(2, 1), (5, 2), (7, 1)]


def test_an_answer_to_something_that_is_not_on_this_page_stands_at_the_top() -> None:
    assert order(post(1, None), post(9, 5), post(10, 9)) == [(9, 1), (10, 2)]


def test_posts_that_answer_one_another_are_each_shown_once() -> None:
    posts = [post(1, None), post(2, 4), post(3, 2), post(4, 3), post(5, 5)]

    assert sorted(id for id, _ in order(*posts)) == [2, 3, 4, 5]


def test_deleted_posts_that_answer_one_another_end_the_walk() -> None:
    assert order(post(1, None), post(2, 3, "removed"), post(3, 2, "removed"), post(4, 2)) != []


def test_ten_thousand_answers_in_one_line_are_no_problem() -> None:
    posts = [post(1, None), *(post(id, id - 1) for id in range(2, 10_000))]

    assert max(level for _, level in order(*posts)) == LEVELS


def test_whom_an_answer_means_is_said_only_where_its_place_does_not_show_it() -> None:
    posts = [post(1, None), post(2, 1), post(3, 2), post(4, 2), post(5, 4)]
    said = {shown.post.id: shown.answers and shown.answers.id for shown in reading_order(1, posts)}

    assert said == {2: None, 3: None, 4: 2, 5: None}


@given(
    st.lists(
        st.tuples(
            st.integers(1, 30), st.sampled_from(["live", "live", "deleted", "removed", "held"])
        ),
        max_size=30,
    )
)
@settings(deadline=None, max_examples=200)
def test_every_live_post_is_shown_exactly_once_whatever_answers_what(
    parents: list[tuple[int, str]],
) -> None:
    posts = [post(1, None)]
    posts += [post(id, parent, state) for id, (parent, state) in enumerate(parents, 2)]
    shown = [id for id, _ in order(*posts)]

    assert len(shown) == len(set(shown))
    assert {p.id for p in posts[1:] if p.state == "live"} <= set(shown)
    assert not {p.id for p in posts if p.state == "held"} & set(shown)
