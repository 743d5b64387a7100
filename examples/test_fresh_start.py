"""A user's test that changes a lab twice, from the same fresh start each time."""

from utmlab.checks import assert_logged, assert_unchanged, assert_verdict

NEWS, SPORT = "http://news.example/", "http://sport.example/"
DEFAULT_GROUP_ON = {
    "op": "change",
    "ref": "REF_EppEndDefault",
    "attributes": {"web_control": True},
}


async def test_two_changes_know_nothing_of_each_other(utmlab_stack, utmlab_endpoint):
    lab, laptop = utmlab_stack, utmlab_endpoint
    await lab.call("utm", "edit", operations=[DEFAULT_GROUP_ON], summary="web control on")
    await lab.wait_compliant()
    await lab.snapshots.save("fresh")

    for blocked, open_ in ((NEWS, SPORT), (SPORT, NEWS)):
        await lab.snapshots.reset("fresh", computers=[laptop.name], utm=True)
        await assert_verdict(lab, laptop, blocked, "allow")
        done = await lab.call("utm", "policy_block", host=blocked.split("/")[2])
        await lab.wait_compliant(done["changeset"], group="Default")
        async with assert_unchanged(lab):
            await assert_verdict(lab, laptop, blocked, "block", reason="blacklist")
            await assert_verdict(lab, laptop, open_, "allow")
    await assert_logged(lab, "epsecd", id="4233")
