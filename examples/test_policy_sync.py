"""A user's test: a site that the administrator blocks is blocked on the laptop, one poll later."""

DEFAULT_GROUP_ON = {
    "op": "change",
    "ref": "REF_EppEndDefault",
    "attributes": {"web_control": True},
}


async def test_a_blocked_site_is_blocked_on_the_laptop(utmlab_stack, utmlab_endpoint):
    lab, laptop = utmlab_stack, utmlab_endpoint.name
    await lab.call("utm", "edit", operations=[DEFAULT_GROUP_ON], summary="web control on")
    assert (await lab.browse(laptop, "http://news.example/")).status == 200

    edit = await lab.call("utm", "policy_block", host="news.example")
    await lab.wait_compliant(edit["changeset"], timeout_s=10)

    page = await lab.browse(laptop, "http://news.example/")
    assert page.status == 403
    assert "news.example" in page.text
