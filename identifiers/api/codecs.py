"""Forms of codes and dictionaries over HTTP: what a code says in any known form, and what nobody has explained."""

from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identifiers.domain.codecs import Codec, Part
from identifiers.domain.dictionaries import Dictionary, Entry
from identifiers.selectors.codes import Decoded, decode_code
from identifiers.selectors.profiles import codec, codecs, dictionaries, dictionary
from kernel.api.integers import PlainIntegerField
from kernel.api.views import HouseView
from kernel.systems import System


class PartOut(serializers.Serializer[Any]):
    """A part of a form; `label` is in the caller's language."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a field, not the field's own label
    pattern = serializers.CharField(help_text="regular expression of the canonical spelling")
    known = serializers.BooleanField(help_text="false: nobody has explained it, so it is kept as it stands")
    optional = serializers.BooleanField()
    dictionary = serializers.CharField(help_text="name of the dictionary that explains it; empty for none")


class ProfileOut(serializers.Serializer[Any]):
    """Which version of which data."""

    name = serializers.CharField()
    title = serializers.CharField()
    version = serializers.CharField()
    status = serializers.CharField(help_text="provisional or official")
    source = serializers.CharField()  # type: ignore[assignment] # a field, not where it comes from


class CodecOut(ProfileOut):
    """A version of a form of codes."""

    parts = PartOut(many=True)


class SaidOut(serializers.Serializer[Any]):
    """What one part of a code says."""

    part = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a field, not the field's own label
    value = serializers.CharField()
    known = serializers.BooleanField()
    meaning = serializers.CharField(allow_null=True)
    in_force = serializers.BooleanField(
        allow_null=True, help_text="whether the meaning stands this year; null without one"
    )


class DecodedOut(serializers.Serializer[Any]):
    """A code as one form reads it."""

    codec = serializers.CharField()
    version = serializers.CharField()
    status = serializers.CharField()
    code = serializers.CharField(help_text="in canonical spelling")
    parts = SaidOut(many=True)


class DecodeQuery(serializers.Serializer[Any]):
    """A code, and the form to read it by."""

    code = serializers.CharField(max_length=1000, help_text="in any spelling")
    codec = serializers.CharField(default="", help_text="left out: the first form that reads it")


class EncodeIn(serializers.Serializer[Any]):
    """Values by part."""

    values = serializers.DictField(child=serializers.CharField(max_length=100))


class EncodedOut(serializers.Serializer[Any]):
    """A code in canonical spelling."""

    codec = serializers.CharField()
    version = serializers.CharField()
    status = serializers.CharField()
    code = serializers.CharField()


class CodecsView(HouseView):
    """`/api/v1/codecs`."""

    system = System.IDENTIFIERS
    operations = {"GET": "identifiers.list_codecs"}

    @extend_schema(responses=CodecOut(many=True))
    def get(self, request: Request) -> Response:
        """List the forms of codes that this node reads and writes, part by part."""
        return Response([_form(each) for each in codecs().values()])


class DecodeView(HouseView):
    """`/api/v1/codecs:decode?code=…`."""

    system = System.IDENTIFIERS
    operations = {"GET": "identifiers.decode_code"}

    @extend_schema(parameters=[DecodeQuery], responses=DecodedOut)
    def get(self, request: Request) -> Response:
        """Say what a code says by its form alone, issued or not; what is unknown is said to be unknown."""
        asked = self.query(DecodeQuery)
        return Response(_told(decode_code(asked["code"], form=asked["codec"])))


class EncodeView(HouseView):
    """`/api/v1/codecs/{name}:encode`."""

    system = System.IDENTIFIERS
    operations = {"POST": "identifiers.encode_code"}
    natural_key = True  # it stores nothing

    @extend_schema(request=EncodeIn, responses={200: EncodedOut})
    def post(self, request: Request, *, name: str) -> Response:
        """Write values in a form. Nothing is issued: a code of ours is issued by the supervision only."""
        form = codec(name)
        code = form.encode(self.read(EncodeIn)["values"])
        return Response({"codec": form.name, "version": form.version, "status": form.status, "code": code})


class EntryOut(serializers.Serializer[Any]):
    """What a code meant, in the years from `since` until `until` (both included; null is open)."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a field, not the field's own label
    since = serializers.IntegerField(allow_null=True)
    until = serializers.IntegerField(allow_null=True)


class DictionaryOut(ProfileOut):
    """A version of a dictionary."""

    codes = serializers.IntegerField(help_text="how many codes it explains")


class DictionaryWordsOut(DictionaryOut):
    """A dictionary with the meanings that were asked for."""

    entries = EntryOut(many=True)


class DictionaryQuery(serializers.Serializer[Any]):
    """Which meanings."""

    under = serializers.CharField(default="", help_text="codes that begin so, as 3205")
    year = PlainIntegerField(required=False, min_value=1949, max_value=2999, help_text="left out: every year")


class DictionariesView(HouseView):
    """`/api/v1/dictionaries`."""

    system = System.IDENTIFIERS
    operations = {"GET": "identifiers.list_dictionaries"}

    @extend_schema(responses=DictionaryOut(many=True))
    def get(self, request: Request) -> Response:
        """List the dictionaries with their versions."""
        return Response([_dictionary(each) for each in dictionaries().values()])


class DictionaryView(HouseView):
    """`/api/v1/dictionaries/{name}`."""

    system = System.IDENTIFIERS
    operations = {"GET": "identifiers.read_dictionary"}

    @extend_schema(parameters=[DictionaryQuery], responses=DictionaryWordsOut)
    def get(self, request: Request, *, name: str) -> Response:
        """Read a dictionary: codes with their meanings and the years in which they stood."""
        asked, words = self.query(DictionaryQuery), dictionary(name)
        found = words.under(asked["under"], year=asked.get("year"))
        return Response({**_dictionary(words), "entries": [_entry(each) for each in found]})


def _profile(data: Codec | Dictionary) -> dict[str, Any]:
    return {
        "name": data.name,
        "title": data.title.within(get_language()),
        "version": data.version,
        "status": data.status,
        "source": data.source,
    }


def _form(form: Codec) -> dict[str, Any]:
    return {**_profile(form), "parts": [_part(each) for each in form.parts]}


def _part(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "label": part.label.within(get_language()),
        "pattern": part.pattern,
        "known": part.known,
        "optional": part.optional,
        "dictionary": part.dictionary,
    }


def _told(found: Decoded) -> dict[str, Any]:
    language = get_language()
    return {
        "codec": found.codec.name,
        "version": found.codec.version,
        "status": found.codec.status,
        "code": found.canonical,
        "parts": [
            {
                "part": each.part.name,
                "label": each.part.label.within(language),
                "value": each.value,
                "known": each.part.known,
                "meaning": each.meaning.label.within(language) if each.meaning else None,
                "in_force": each.stands if each.meaning else None,
            }
            for each in found.said
        ],
    }


def _dictionary(words: Dictionary) -> dict[str, Any]:
    return {**_profile(words), "codes": len(words.entries)}


def _entry(entry: Entry) -> dict[str, Any]:
    label = entry.label.within(get_language())
    return {"code": entry.code, "label": label, "since": entry.since, "until": entry.until}
