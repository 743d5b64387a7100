"""Any sequence of edits, some failing half-way: atomic, numbered, and the index never lies."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from foundation.durable.database import open_database
from utm.confd import SCHEMA, Confd, ConfdError, seed, transaction

AT = datetime(2026, 11, 20, tzinfo=UTC)
NAMES = st.sampled_from(["red", "green", "blue", "red tag", "☃"])
PICK = st.integers(min_value=0, max_value=7)


class ConfdMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        self.db = open_database(Path(self.folder.name) / "utm.db", [SCHEMA])
        seed(self.db, at=AT)
        self.number = 1
        self.tags: dict[str, str] = {}
        self.sites: dict[str, tuple[str, ...]] = {}

    def run(self, work, *, fails=False):
        before = self.dump()
        try:
            with transaction(self.db, at=AT, user="u", summary="s") as edit:
                result = work(edit)
                if fails:
                    raise ConfdError("on purpose")
        except ConfdError:
            assert self.dump() == before
            return None
        if edit.recorded is None:
            assert self.dump() == before
        else:
            self.number += 1
        return result

    def dump(self):
        return list(self.db.conn.iterdump())

    def pick(self, table, index):
        return sorted(table)[index % len(table)] if table else "REF_Nothing"

    @rule(name=NAMES, fails=st.booleans())
    def make_tag(self, name, fails):
        ref = self.run(lambda edit: edit.create("http", "lsl_tag", {"name": name}), fails=fails)
        if ref is not None:
            assert ref not in self.tags
            self.tags[ref] = name

    @rule(name=NAMES, picks=st.lists(PICK, max_size=3), fails=st.booleans())
    def make_site(self, name, picks, fails):
        tags = [self.pick(self.tags, index) for index in picks]
        attributes = {"name": name, "site": "a.example", "tags": tags}
        ref = self.run(lambda edit: edit.create("http", "local_site", attributes), fails=fails)
        if ref is not None:
            self.sites[ref] = tuple(tags)

    @rule(site=PICK, picks=st.lists(PICK, max_size=3), fails=st.booleans())
    def retag(self, site, picks, fails):
        ref = self.pick(self.sites, site)
        tags = tuple(self.pick(self.tags, index) for index in picks)
        if self.run(lambda edit: edit.change(ref, {"tags": tags}), fails=fails) is not None:
            self.sites[ref] = tags

    @rule(index=PICK)
    def delete_tag(self, index):
        ref = self.pick(self.tags, index)
        is_used = any(ref in tags for tags in self.sites.values())

        def work(edit):
            edit.delete(ref)
            return True

        done = self.run(work)
        assert bool(done) == (ref in self.tags and not is_used)
        if done:
            del self.tags[ref]

    @rule(index=PICK, fails=st.booleans())
    def delete_site(self, index, fails):
        ref = self.pick(self.sites, index)

        def work(edit):
            edit.delete(ref)
            return True

        if self.run(work, fails=fails):
            del self.sites[ref]

    @invariant()
    def the_model_holds(self):
        if not hasattr(self, "db"):
            return
        confd = Confd(self.db)
        assert confd.number == self.number
        assert [change.number for change in confd.changes()] == list(range(1, self.number + 1))
        assert {each.ref for each in confd.objects("http", "lsl_tag")} == set(self.tags)
        assert set(confd.node("http.local_site_list")) == set(self.sites)
        for tag in self.tags:
            users = {site for site, tags in self.sites.items() if tag in tags}
            assert set(confd.used_by(tag).objects) == users
        for site, tags in self.sites.items():
            assert confd.get(site).texts("tags") == tags

    def teardown(self):
        if hasattr(self, "db"):
            self.db.close()
            self.folder.cleanup()


TestConfd = ConfdMachine.TestCase
TestConfd.settings = settings(
    max_examples=15,
    stateful_step_count=20,
)
