"""Part-time posts, and who fills them."""

from pydantic import BaseModel

from api.access import name_read
from api.commands import door
from api.dependencies import AsOf, TheCaller, TheNode, TheViews, day_of
from api.pagination import Cursor, Limit, Page, after, only, page_of
from api.routers import member_router
from domain.history import ShownTo
from domain.posts.staffing import RecordStaffing
from domain.values import NewName
from projections import posts
from projections.asof import Slice
from projections.posts import Post

router = member_router("posts", ShownTo.MEMBERS)


class ShownPost(BaseModel):
    """A part-time post; the holder's name only for its host's own people."""

    post: Post
    holder_name: str | None


door(router, "/posts/{post}/staffing", RecordStaffing)


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
    """Part-time posts and who fills them (S1-13)."""
    with views() as connection:
        page = Slice(after(cursor, [""])[0], limit)
        items = posts.posts(connection, day_of(node, as_of), page, agreement)
        shown = [_shown(node, caller, post) for post in items]
        return page_of(shown, limit, lambda item: [item.post.post])


@router.get("/posts/{post}")
def get_post(
    post: NewName, node: TheNode, caller: TheCaller, views: TheViews, as_of: AsOf = None
) -> ShownPost:
    """A part-time post and who fills it."""
    with views() as connection:
        page = Slice(limit=1)
        shown = only(posts.posts(connection, day_of(node, as_of), page, post=post))
        return _shown(node, caller, shown)


def _shown(node: TheNode, caller: TheCaller, post: Post) -> ShownPost:
    """Add the name of the holder, for the host's own people at the host's own node."""
    ours = post.holder is not None and post.host == caller.organisation
    name = name_read(node, caller, post.holder or "") if ours else None
    return ShownPost(post=post, holder_name=name)
