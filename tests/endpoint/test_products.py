import pytest

from endpoint.host import HostFolder
from endpoint.products import (
    InstalledProducts,
    Product,
    ProductListDamagedError,
    existing,
    third_party,
)


@pytest.fixture
def products(tmp_path):
    return InstalledProducts(HostFolder(tmp_path / "laptop"))


def test_ins_01_the_vendors_products_are_existing_ones():
    own = Product(name="Sophos Anti-Virus", version="9.5")
    assert existing([own, Product(name="Text Editor")]) == (own,)


@pytest.mark.parametrize(
    "product",
    [
        Product(name="Made-up Shield", category="anti-virus"),
        Product(name="Made-up Internet Security 2018"),
        Product(name="SomeBody Antivirus"),
    ],
)
def test_ins_02_a_security_product_of_somebody_else_is_third_party(product):
    assert third_party([product]) == (product,)


@pytest.mark.parametrize(
    "product",
    [
        Product(name="Text Editor"),
        Product(name="Antivirus Fan Magazine Reader", category="office"),
        Product(name="Sophos Anti-Virus", category="anti-virus"),
    ],
)
def test_ins_02_other_programs_are_not(product):
    assert third_party([product]) == ()


def test_a_product_of_the_same_name_is_replaced(products):
    products.install("Sophos AutoUpdate", "1")
    products.install("Sophos AutoUpdate", "2")
    assert [product.version for product in products.all()] == ["2"]


def test_the_list_goes_with_its_last_product(products, tmp_path):
    products.install("Sophos AutoUpdate", "1")
    products.remove(["Sophos AutoUpdate"])
    assert not (tmp_path / "laptop" / "installed_products.json").exists()


def test_a_damaged_list_is_named(products, tmp_path):
    (tmp_path / "laptop").mkdir()
    (tmp_path / "laptop" / "installed_products.json").write_text('{"products": [{"x": 1}]}')
    with pytest.raises(ProductListDamagedError):
        products.all()
