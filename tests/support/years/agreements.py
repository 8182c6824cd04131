"""Networks, agreements with their versions and posts, and who fills them."""

from dataclasses import replace
from datetime import date

from tests.support.years.rows import (
    MONTHS,
    Agreement,
    Book,
    Network,
    Post,
    Version,
    clamp,
    days_after,
    kroner,
)

TOPICS = (
    "Headache",
    "Pelvic Floor Disorders",
    "Health Literacy, Learning and Coping",
    "Movement Disorders",
)
PERCENTS = {
    True: ("10", "10.00", "12.5", "15.00", "20.00"),
    False: ("5.00", "50", "100", ""),
}  # national or not
TASKS = (
    "Neurologist: register",
    "Nurse, patient school",
    'Adviser: "train the trainer"',
    "Speech therapist: méthode",
)


def add_network(book: Book, number: int) -> None:
    """A network of any kind and model that began up to three years before the first year."""
    rng = book.rng
    kind = rng.choices(("national", "regional", "local"), (6, 2, 2))[0]
    model = rng.choices(("with_part_time_posts", "coordination_only"), (4, 1))[0]
    frame = 2_000_000_00 if model == "with_part_time_posts" else 1_000_000_00
    budget = rng.randrange(
        0, 1_000_000_00 if model == "with_part_time_posts" else 500_000_00, 25_000_00
    )
    start = date(book.first_year - rng.randint(0, 3), 1, 1)
    start = (
        start
        if start.year == book.first_year
        else start.replace(month=rng.randint(1, 12))
    )
    topic = rng.choice(TOPICS)
    network = Network(
        name=f"n{number}",
        kind=kind,
        trust=book.trust(),
        starts_on=start,
        last_day=days_after(start.replace(year=start.year + 5), -1),
        room=frame - budget if kind == "national" else None,
    )
    book.add(
        "networks",
        network=network.name,
        kind=kind,
        name_nb=f"Nettverk for {topic.lower()}",
        name_en=f"Norwegian National Network for {topic}"
        if kind == "national"
        else f"Network for {topic}",
        coordinating_trust=network.trust,
        starts_on=start,
        model=model,
        coordination_budget=kroner(budget, rng),
        recorded_on=book.day(
            date(book.first_year - 1, 10, 1), date(book.first_year - 1, 11, 30)
        ),
    )
    book.networks.append(network)


def add_agreement(book: Book, network: Network, name: str) -> None:
    """An agreement with its versions, as far as the frame of its network allows."""
    rng = book.rng
    pays = network.national or book.chance(0.7)
    other = book.trust(network.trust)
    payer, payee = (network.trust, other) if pays else (other, network.trust)
    year = (
        book.first_year
        if book.chance(0.85)
        else rng.randint(book.first_year, book.last_year)
    )
    start = date(year, rng.choice((1, 1, 1, 3, 7)), rng.choice((1, 1, 15)))
    end = clamp(
        date(rng.randint(year, book.last_year + 1), 12, 31), start, network.last_day
    )
    version = Version(
        number=1,
        network=network,
        payer=payer,
        payee=payee,
        effective_from=start
        if book.chance(0.85)
        else days_after(start, rng.randint(-60, 60)),
        starts_on=start,
        ends_on=end,
        frequency=rng.choices(tuple(MONTHS), (1, 2, 3, 4, 5))[0],
        vacancy=rng.choices(("stop", "pay"), (3, 1))[0],
        vat=rng.choices(
            ("exempt", "standard", "outside_scope", "not_assessed"),
            (10, 8, 4, 1),
        )[0],
        posts=[],
        recorded_on=book.day(date(year - 1, 12, 1), date(year, 1, 20)),
    )
    agreement = Agreement(name)
    for number in range(1, rng.randint(1, 3) + 1):
        post = new_post(book, version, f"{name}-p{number}")
        if post:
            version.posts.append(post)
    if version.posts:
        book.agreements.append(agreement)
        add_version(book, agreement, version)
        for _ in range(rng.choice((0, 1, 2, 3, 4))):
            add_version(
                book, agreement, amended(book, agreement, agreement.versions[-1])
            )


def new_post(book: Book, version: Version, name: str) -> Post | None:
    """A post that fits into what is left of the frame, or none."""
    rng = book.rng
    network = version.network
    cost = rng.randint(60_000_00, 330_000_00)
    if network.room is not None and not book.chance(
        0.03
    ):  # rarely, nobody asks whether the frame holds it
        if network.room < 60_000_00:
            return None
        cost = min(cost, network.room)
        network.room -= cost
    latest = version.ends_on if book.chance(0.15) else version.starts_on
    return Post(
        name=name,
        content=rng.choice(TASKS) if network.national or book.chance(0.8) else "",
        percent=rng.choice(
            ("10", "10.00", "12.5", "15.00", "20.00")
            if network.national
            else ("5.00", "50", "100", "")
        ),
        starts_on=clamp(
            book.day(version.starts_on, days_after(version.starts_on, 150)),
            version.starts_on,
            latest,
        ),
        ends_on=version.ends_on,
        cost=cost,
    )


def add_version(book: Book, agreement: Agreement, version: Version) -> None:
    """Propose a version with its posts, and mostly have it accepted, at once or much later."""
    rng = book.rng
    key = {"agreement": agreement.name, "version": version.number}
    book.add(
        "agreements",
        **key,
        network=version.network.name,
        payer=version.payer,
        payee=version.payee,
        effective_from=version.effective_from,
        starts_on=version.starts_on,
        ends_on=version.ends_on,
        frequency=version.frequency,
        vacancy=version.vacancy,
        vat_treatment=version.vat,
        vat_reason=rng.choice(
            ("health personnel in patient care", "competence work, no patient care", "")
        ),
        recorded_on=version.recorded_on,
    )
    for post in version.posts:
        dates = {"starts_on": post.starts_on, "ends_on": post.ends_on}
        cost = kroner(post.cost, rng)
        book.add(
            "posts",
            **key,
            post=post.name,
            content=post.content,
            percent=post.percent,
            annual_cost=cost,
            **dates,
        )
    answer = rng.choices(("accepted", "declined", ""), (88, 7, 5))[0]
    answered_on = days_after(
        version.recorded_on, rng.choice((0, 3, 14, 14, rng.randint(30, 150)))
    )
    if answer:
        book.add("acceptances", **key, answer=answer, recorded_on=answered_on)
    if answer == "accepted":
        version.accepted_on = answered_on
    agreement.versions.append(version)


def amended(book: Book, agreement: Agreement, old: Version) -> Version:
    """The next version: other costs, posts added or dropped, and now and then other terms."""
    rng = book.rng
    last_day = min(old.ends_on, date(book.last_year, 12, 31))
    new = replace(
        old,
        number=old.number + 1,
        accepted_on=None,
        posts=[recosted(book, old, p) for p in old.posts],
    )
    new.recorded_on = days_after(old.recorded_on, rng.randint(20, 240))
    retroactive = days_after(new.recorded_on, -rng.randint(0, 240))
    planned = days_after(new.recorded_on, rng.randint(0, 120))
    new.effective_from = clamp(
        rng.choice((retroactive, retroactive, planned)), old.starts_on, last_day
    )
    if book.chance(0.3) and len(new.posts) > 1:
        new.posts.pop(rng.randrange(len(new.posts)))
    if book.chance(0.3):
        post = new_post(book, new, f"{agreement.name}-p{new.number}x")
        new.posts += [post] if post else []
    if book.chance(0.08):
        new.ends_on = book.day(new.effective_from, new.ends_on)
    if book.chance(0.1):
        new.frequency = rng.choice(tuple(MONTHS))
    if book.chance(0.1):
        new.vacancy = rng.choice(("stop", "pay"))
    if book.chance(0.9 if new.vat == "not_assessed" else 0.05):
        new.vat = rng.choice(("exempt", "standard"))
    return new


def recosted(book: Book, version: Version, post: Post) -> Post:
    """The post as it is, or at another cost that the frame still holds."""
    factor = book.rng.choice((20, 60, 80, 110, 125)) if book.chance(0.6) else 100
    cost = post.cost * factor // 100
    room = version.network.room
    if room is not None and cost > post.cost and not book.chance(0.05):
        cost = min(cost, post.cost + room)
        version.network.room = room - (cost - post.cost)
    return replace(post, cost=cost)


def add_staffing(book: Book, agreement: Agreement) -> None:
    """Who fills the posts, told in time, ahead of time or long after."""
    rng = book.rng
    first_seen = {
        post.name: (v, post) for v in reversed(agreement.versions) for post in v.posts
    }
    for name, (version, post) in first_seen.items():
        if book.chance(0.05):
            continue  # never filled
        last = min(post.ends_on, date(book.last_year, 12, 31))
        days: list[date] = []
        for vacated in sorted(
            book.day(post.starts_on, last) for _ in range(rng.choice((0, 1, 2, 3, 5)))
        ):
            days += [
                vacated,
                days_after(vacated, rng.choice((0, 1, 20, rng.randint(10, 150)))),
            ]
        days = days[:-1] if book.chance(0.1) else days
        first = (
            post.starts_on
            if book.chance(0.7)
            else days_after(post.starts_on, rng.randint(-20, 90))
        )
        for step, day in enumerate([first, *days]):
            delay = rng.choice(
                (-20, 0, 5, 12)
                if step == 0 and book.chance(0.8)
                else (-20, 5, rng.randint(30, 150), rng.randint(30, 300))
            )
            add_change(
                book, name, step, day, max(version.recorded_on, days_after(day, delay))
            )


def add_change(book: Book, post: str, step: int, day: date, told_on: date) -> None:
    """One change in who fills a post: even steps fill it, odd ones vacate it. Sometimes the day sees both."""
    changes = ("filled", "vacated") if step % 2 == 0 else ("vacated", "filled")
    for change in changes if book.chance(0.08) else changes[:1]:
        holder = f"holder-{step:02}" if change == "filled" else ""
        book.add(
            "staffing",
            post=post,
            change=change,
            effective_on=day,
            holder=holder,
            recorded_on=told_on,
        )
        told_on = told_on if book.chance(0.5) else days_after(told_on, 9)
