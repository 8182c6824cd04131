"""Part-time posts, and who fills them."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.bodies import Body, Day, PersonsName
from api.dependencies import AsOf, TheAsker, TheCaller, TheNode, TheViews, day_of
from api.pagination import Cursor, Limit, Page, after, only, page_of
from api.problems import PROBLEMS, REFUSALS
from api.receipts import CONTROLLER, Receipt, receipt, run
from domain.posts.staffing import Change, RecordStaffing
from domain.values import NewName
from projections import posts, register
from projections.posts import Post

router = APIRouter(prefix="/v1", tags=["posts"], responses=PROBLEMS)


class NewStaffing(Body):
    """A post is filled or vacated; its host asks."""

    change: Change
    effective_on: Day
    holder: PersonsName = Field(
        "",
        max_length=200,
        description="Who fills the post. Stays in the host's region: only a "
        "pseudonym is recorded.",
    )
    agreement: NewName | None = Field(
        None,
        description="Whose post it is, where several agreements with the host have "
        "one of the name.",
    )


class ShownPost(BaseModel):
    """A part-time post; the holder's name only for its host's own people."""

    post: Post
    holder_name: str | None


@router.post(
    "/posts/{post}/staffing",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def record_staffing(
    post: NewName, body: NewStaffing, node: TheNode, asker: TheAsker, response: Response
) -> Receipt:
    """Record that a post is filled or vacated, as its host (S1-05)."""
    holder = node.persons.pseudonym(asker.organisation, body.holder)
    command = RecordStaffing(
        post=post,
        change=body.change,
        effective_on=body.effective_on,
        holder=holder,
        agreement=body.agreement,
    )
    outcome = run(node, command, asker, response)
    node.persons.remember(holder, body.holder)
    return receipt(outcome)


@router.get("/posts")
def list_posts(
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    agreement: NewName | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ShownPost]:
    """Return part-time posts and who fills them (S1-13)."""
    with views() as connection:
        page = register.Page(after(cursor, [""])[0], limit)
        found = posts.posts(connection, day_of(node, as_of), page, agreement)
        shown = [_shown(node, caller.organisation, post) for post in found]
        return page_of(shown, limit, lambda item: [item.post.post])


@router.get("/posts/{post}")
def get_post(
    post: NewName, node: TheNode, caller: TheCaller, views: TheViews, as_of: AsOf = None
) -> ShownPost:
    """Return a part-time post and who fills it."""
    with views() as connection:
        page = register.Page(limit=1)
        found = only(posts.posts(connection, day_of(node, as_of), page, post=post))
        return _shown(node, caller.organisation, found)


def _shown(node: TheNode, organisation: str, post: Post) -> ShownPost:
    """Add the name of the holder, for the host's own people at the host's own node."""
    ours = post.holder is not None and post.host == organisation
    name = node.persons.name(post.holder or "") if ours else None
    return ShownPost(post=post, holder_name=name)
