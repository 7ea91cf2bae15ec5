"""The choices of `export` on the command line, and what they mean."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.archive.limits import Limits
    from inspector.export.options import Annotation, ExportOptions

_PRESETS = ("docker-compatible", "strict-oci", "classic-docker", "for-push", "smallest")
_FORMS = ("tar", "tar.gz", "tar.zst", "folder")
_COMPRESSIONS = ("keep", "none", "gzip", "zstd")
_PLACES = ("manifest", "index")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything but FILE and OUT; as in cli.md, and what issue 7 adds."""

    def several(option: str, metavar: str, text: str) -> None:
        parser.add_argument(option, action="append", default=[], metavar=metavar, help=f"{text} (repeatable)")

    parser.add_argument(
        "--preset", choices=_PRESETS, default=_PRESETS[0],
        help="docker-compatible: an OCI layout with manifest.json beside it (default); strict-oci: without; "
        "classic-docker: as docker save before 25; for-push: gzip layers and no manifest.json; smallest: zstd layers, slow",
    )  # fmt: skip
    parser.add_argument(
        "--output-form", choices=_FORMS, help="default: by OUT's ending (.tar.gz, .tgz, .tar.zst, .tzst, a slash)"
    )
    parser.add_argument(
        "--compression",
        choices=_COMPRESSIONS,
        default="keep",
        help="of the layers (default: keep, but for-push: gzip, smallest: zstd)",
    )
    parser.add_argument(
        "--level", type=int, metavar="N", help="gzip 0 to 9 (0 to 3 fast, 4 to 9 small and slow), zstd 1 to 19"
    )
    parser.add_argument(
        "--media-types", choices=("oci", "keep"), default="oci", help="Docker's become OCI's (default), or stay"
    )
    several("--image", "NAME|DIGEST", "only this image")
    several("--platform", "OS/ARCH", "only this platform, without the index and the attestations that it lists")
    several(
        "--merge",
        "FILE",
        "put another archive into the same OUT, shared layers once; platforms of one name become one image",
    )
    parser.add_argument(
        "--split",
        choices=("image", "platform"),
        help="one archive for each; OUT is the folder that they go into, all or none",
    )
    several("--tag", "OLD=NEW", "rename; OLD may be a digest")
    several("--add-tag", "IMAGE=NAME", "one more name for an image")
    several("--remove-tag", "NAME", "take a name away; the image stays")
    several(
        "--annotation",
        "[index:|manifest:]KEY=VALUE",
        "set an annotation of manifests (default) or indexes; no VALUE: remove",
    )
    several("--label", "KEY=VALUE", "set a label of the config, which makes a new image ID; no VALUE: remove")
    several(
        "--repair", "ID|all|none|no-ID", "what to mend; --plan lists what this archive needs; no-ID leaves one off; default: "
        "what costs no digest, and what no loader would take; layer-order (and all) reads compressed layers to know their order",
    )  # fmt: skip
    parser.add_argument("--without-attestations", action="store_true", help="leave out provenance and SBOMs")
    parser.add_argument("--without-signatures", action="store_true", help="leave out signatures and other referrers")


def options_of(arguments: argparse.Namespace, limits: Limits) -> ExportOptions:
    """The options, checked. `UsageError` for what makes no sense."""
    from inspector.errors import UsageError
    from inspector.export.forms import form_for
    from inspector.export.options import ExportOptions, Form, Preset
    from inspector.export.repairs import chosen_by

    form = Form(arguments.output_form) if arguments.output_form else None
    if form is None:
        form = Form.TAR if arguments.split else form_for(arguments.out)
    if arguments.split and arguments.merge:
        raise UsageError("--split and --merge contradict each other", "Merge first, then split the result.")
    options = ExportOptions(
        preset=Preset(arguments.preset),
        compression=arguments.compression,
        level=arguments.level,
        images=tuple(arguments.image),
        platforms=tuple(arguments.platform),
        retag=dict(_pairs("--tag", "OLD=NEW", arguments.tag)),
        add_names=tuple(_pairs("--add-tag", "IMAGE=NAME", arguments.add_tag)),
        remove_names=tuple(arguments.remove_tag),
        annotations=tuple(map(_annotation, arguments.annotation)),
        labels=dict(_pairs("--label", "KEY=VALUE", arguments.label, may_be_empty=True)),
        attestations=not arguments.without_attestations,
        signatures=not arguments.without_signatures,
        convert_docker=arguments.media_types == "oci",
        form=form,
        repairs=chosen_by(arguments.repair),
        limits=limits,
    )
    options.check()
    return options


def _pairs(option: str, form: str, texts: Iterable[str], *, may_be_empty: bool = False) -> list[tuple[str, str]]:
    from inspector.errors import UsageError

    found = []
    for text in texts:
        left, equals, right = text.partition("=")
        if not (left and equals and (right or may_be_empty)):
            raise UsageError(f"{option} takes {form}", f"{text!r}: as in {option} {_EXAMPLES[option]}.")
        found.append((left, right))
    return found


_EXAMPLES = {
    "--tag": "app:1=registry.example/app:2",
    "--add-tag": "app:1=app:latest",
    "--label": "version=2",
    "--annotation": "index:org.opencontainers.image.version=2",
}


def _annotation(text: str) -> Annotation:
    from inspector.export.options import Annotation

    where, colon, rest = text.partition(":")
    place = where if colon and where in _PLACES else _PLACES[0]
    ((key, value),) = _pairs(
        "--annotation", "KEY=VALUE", [rest if place == where and colon else text], may_be_empty=True
    )
    return Annotation(key, value, place)
