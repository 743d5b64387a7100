"""Deleting an object that others refer to.

- Each user of the object is an error. Where it can do without, the error is not fatal, and
  acknowledged the user lets go: a list loses the reference, a single one falls back to its default.
- Where a reference is required, the error is fatal.

Provenance: that such errors are acknowledged with `X-Restd-Err-Ack: all` is documented; how the
users let go is ours.
"""

from utm.confd import Edit, Object, ObjectInUseError, ObjectLockedError
from utm.confd.classes import object_class
from utm.confd.nodes import node
from utm.restd.errors import UNPROCESSABLE, RequestRefusedError, RestdError
from utm.restd.options import Options


def delete(edit: Edit, ref: str, options: Options) -> None:
    """Delete an object.

    Raises:
        RequestRefusedError: If it is locked, or used and that is not acknowledged.
    """
    gone = edit.get(ref)
    try:
        edit.delete(ref, override_lock=options.override_lock)
    except ObjectLockedError as error:
        raise RequestRefusedError(UNPROCESSABLE, [_protected(gone)]) from error
    except ObjectInUseError as error:
        errors = [_used(edit, gone, user) for user in error.users]
        if not _is_acknowledged(errors, options):
            raise RequestRefusedError(UNPROCESSABLE, errors) from error
        for user in error.users:
            _let_go(edit, user, ref, options)
        edit.delete(ref, override_lock=options.override_lock)


def _is_acknowledged(errors: list[RestdError], options: Options) -> bool:
    if any(error.fatal for error in errors):
        return False
    return options.acknowledged == "all" or (options.acknowledged == "last" and len(errors) == 1)


def _let_go(edit: Edit, user: str, ref: str, options: Options) -> None:
    holder = edit.find(user)
    if holder is None:
        value = edit.node(user)
        rest = tuple(one for one in value if one != ref) if isinstance(value, tuple) else ""
        edit.set_node(user, rest)
        return
    changed = {name: _without(holder, name, ref) for name in _attributes_with(holder, ref)}
    edit.change(user, changed, override_lock=options.override_lock)


def _without(holder: Object, attribute: str, ref: str) -> object:
    value = holder.attributes[attribute]
    if isinstance(value, tuple):
        return tuple(one for one in value if one != ref)
    return object_class(holder.full_type).fields[attribute].default


def _attributes_with(holder: Object, ref: str) -> list[str]:
    return list(dict.fromkeys(name for name, target in holder.references() if target == ref))


def _used(edit: Edit, gone: Object, user: str) -> RestdError:
    title = object_class(gone.full_type).title
    holder = edit.find(user)
    if holder is None:
        sentence = f"The {title} object '{gone.name}' is used by the node {user}."
        return _error(
            gone, "OBJECT_DELETE_USED", sentence, is_fatal=bool(node(user).last_ref == gone.ref)
        )
    fields = object_class(holder.full_type).fields
    attributes = _attributes_with(holder, gone.ref)
    where = f"the {object_class(holder.full_type).title} object '{holder.name}' ({holder.ref})"
    return _error(
        gone,
        "OBJECT_DELETE_USED",
        f"The {title} object '{gone.name}' is used by {where}: {', '.join(attributes)}.",
        is_fatal=any(
            fields[name].is_required or fields[name].default == gone.ref for name in attributes
        ),
        attrs=tuple(attributes),
    )


def _protected(gone: Object) -> RestdError:
    title = object_class(gone.full_type).title
    return _error(
        gone,
        "OBJECT_DELETE_LOCKED",
        f"The {title} object '{gone.name}' is protected from deletion.",
        is_fatal=True,
    )


def _error(
    gone: Object, msgtype: str, sentence: str, *, is_fatal: bool, attrs: tuple[str, ...] = ()
) -> RestdError:
    return RestdError(
        msgtype=msgtype,
        name=sentence,
        fatal=is_fatal,
        full_type=gone.full_type,
        ref=gone.ref,
        objname=gone.name,
        attrs=attrs,
    )
