"""Lanes and networks that tests are made of."""

from amopt.instance.common import Lane, Place
from amopt.network import SupplyNetwork


def lane(tail, head, mode="road", **data):
    return Lane(**{"from": tail, "to": head, "mode": mode, **data})


def network(names, lanes=(), modes=()):
    return SupplyNetwork([Place(name=name) for name in names], lanes, modes)
