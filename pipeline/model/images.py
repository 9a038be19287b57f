"""Built images, as somebody named them and as they were found."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model.places import Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of an image: `digest` of the blob as it is stored, `diff_id` of its plain tar.

    `digest` is "" where the image is kept without blobs of its own. `made_by` is the line of the
    image's history that made it, without values that look like secrets.
    """

    diff_id: str
    digest: str = ""
    made_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """A value in an image's configuration that looks like a secret: where, and by what."""

    where: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A built image of one platform, as it was named and as it was found.

    `name` is what people wrote, `transport` one of "registry", "layout", "archive" (Docker's) and
    "oci-archive". `place` is where it is: an absolute path, or a reference that ends in a digest.
    `config` is the digest of its configuration, which stands for the whole image and is the same
    wherever it is kept; `manifest` and `index` are "" where it is kept without one. `base` is the
    image that it says it was built on; `base_from` is the Dockerfile that says so in its stead,
    which is a claim. `unread` says why nothing else is known.
    """

    name: str
    transport: str
    place: str = ""
    platform: str = ""
    index: str = ""
    manifest: str = ""
    config: str = ""
    tags: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    user: str = ""
    ports: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    exposed: tuple[Exposed, ...] = ()
    health_check: bool = False
    base: str = ""
    base_digest: str = ""
    base_from: str = ""
    unread: Unread | None = None

    @property
    def title(self) -> str:
        """Its name, with the platform where that is known."""
        return f"{self.name} ({self.platform})" if self.platform else self.name

    @property
    def base_told(self) -> str:
        """Its base, and who says so where it does not itself; "" where nobody does."""
        return f"{self.base}, says {self.base_from}" if self.base_from else self.base
