"""The dataset described for machines: Croissant 1.1 with its responsible-AI terms and conditions of use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from ownwords.core import clock, purpose
from ownwords.products.dataset import forms
from ownwords.products.dataset.facts import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.products.dataset.facts import Facts

#: source: Croissant 1.1 (http://mlcommons.org/croissant/1.1), appendix 1, with the two prefixes its section on governance adds
_CONTEXT: dict[str, object] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "dpv": "https://w3id.org/dpv#",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_SAYS = {
    "row_id": "Id of the first record that is learnt in the row; rows are sorted by it.",
    "network": "The network of the first learnt record, or unknown.",
    "terms": "The terms under which its source was had, or unknown.",
    "language": "BCP 47 tag of the first learnt turn; und where unknown.",
    "record_ids": "The records the row is made of, in its order; null where a turn was withheld.",
    "text": "The post.",
    "messages": "The dialogue as messages of user and assistant, in turn.",
    "turns": "The dialogue as it was: who spoke (numbered within the row), what, and whether it is to be learnt.",
    "prompt": "The messages that are answered.",
    "completion": "The answer.",
    "instruction": "The prompt as text.",
    "output": "The answer as text.",
    "chosen": "The answer that was liked more.",
    "rejected": "The answer that was liked less.",
    "chosen_message": "The answer that was liked more, as one message.",
    "rejected_message": "The answer that was liked less, as one message.",
}
_SPLITS = {"train": "cr:TrainingSplit", "held_out": "cr:TestSplit"}


def croissant(facts: Facts, sha256: Mapping[str, str]) -> dict[str, Any]:
    """The JSON-LD document.

    sha256   of each Parquet file's bytes, by split; with `datePublished` the only thing in it that equal content may not share, so
             both are left out (empty mapping) where content is hashed
    """
    permit = facts.permit
    found: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": f"ownwords-{facts.name}",
        "description": f"{facts.title}. Made for the purpose {permit.purpose} under the policy {permit.policy_id}.",
        "url": f"urn:sha256:{facts.rows_hash}",
        "version": "1.0.0",
        "citeAs": f"ownwords dataset with content {facts.rows_hash}",
        "license": _licences(facts),
        "creator": {"@type": "sc:Organization", "name": "the operator of the workspace it was made in"},
        "inLanguage": facts.languages[:50],
        "keywords": ["social media", "conversations", "consent", "provenance", permit.purpose],
        "isLiveDataset": False,
        "usageInfo": _usage(facts),
        "prov:wasGeneratedBy": {"@type": "prov:Activity", "prov:label": " > ".join(step.name for step in facts.steps)},
        **_responsible(facts),
        "distribution": [_file(split, sha256.get(split)) for split in forms.SPLITS],
        "recordSet": [*([_splits(facts)] if facts.splits else []), *(_records(split, facts) for split in facts.splits)],
    }
    if sha256:
        found["datePublished"] = clock.to_text(permit.at)[:10]
    return {name: value for name, value in found.items() if value != []}


def _licences(facts: Facts) -> list[str]:
    spdx = [f"https://spdx.org/licenses/{name}.html" for name in facts.licences]
    known = {licence.upper() for licence in facts.licences}
    others = sorted(name for name, _ in listed(facts.figures.terms) if name.upper() not in known)
    return [*spdx, *(f"terms of the source: {name}" for name in others)] or ["none: it has no rows"]


def _usage(facts: Facts) -> dict[str, Any]:
    """The permit as an ODRL offer: what for, and what must be done when somebody withdraws."""
    permit, wanted = facts.permit, purpose.find(facts.permit.purpose)
    return {
        "@type": ["CreativeWork", "odrl:Offer"],
        "name": f"permit for {permit.purpose}",
        "description": f"Any purpose but {permit.purpose} ({wanted.says}) needs a permit of its own.",
        "odrl:permission": {
            "@type": "odrl:Permission",
            "odrl:action": {"@id": "odrl:use"},
            "odrl:constraint": {
                "@type": "odrl:Constraint",
                "name": permit.purpose,
                "odrl:leftOperand": {"@id": "odrl:purpose"},
                "odrl:operator": {"@id": "odrl:eq"},
                "odrl:rightOperand": {"@id": wanted.dpv},
            },
            "odrl:duty": {
                "@type": "odrl:Duty",
                "odrl:action": {"@id": "odrl:delete"},
                "name": "delete the rows of a person when they are recalled",
            },
        },
    }


def _responsible(facts: Facts) -> dict[str, Any]:
    metrics = facts.metrics
    steps = [
        f"{step.name} ({', '.join(f'{key}={value}' for key, value in step.params) or 'no parameters'}): "
        f"{step.n_in:,} in, {step.n_out:,} out" + "".join(f"; {n:,} {reason}" for reason, n in step.dropped)
        for step in facts.steps
    ]
    months = sorted(name for name in facts.figures.month if name != "unknown")
    found: dict[str, Any] = {
        "rai:dataCollection": "Posts that people wrote on social networks, from their own exports or from sources whose terms allow it. "
        f"Each was admitted by the policy {facts.permit.policy_id} for {facts.permit.purpose}: by the person's own decision, or on a basis "
        "the policy names; a refusal, an objection, a closed or memorial account, an unknown author or date kept it out.",
        "rai:dataCollectionType": ["Existing datasets"],
        "rai:dataCollectionMissingData": f"{metrics['withheld_turns']:,} turns are withheld: not permitted, or not held. "
        "Nothing of them is here but their place.",
        "rai:dataPreprocessingProtocol": steps,
        "rai:dataAnnotationProtocol": ["Nobody annotated the posts; splits, roles and languages are computed."],
        "rai:dataUseCases": [purpose.find(facts.permit.purpose).says],
        "rai:dataLimitations": [
            "It shows who wrote on these networks and agreed, not people in general.",
            "Names and contact data are masked by pattern, and patterns miss some.",
            "Nobody checked the posts for truth.",
        ],
        "rai:dataBiases": [
            f"The busiest hundredth of the people wrote {facts.figures.share_of_busiest(0.01):.0%} of the turns.",
            f"Languages by rows: {', '.join(f'{name} {n:,}' for name, n in listed(facts.figures.language))}.",
        ],
        "rai:personalSensitiveInformation": [
            "Pseudonymous, not anonymous: rows name the records they are made of, and people can be known by what they write.",
            facts.masked,
        ],
        "rai:dataSocialImpact": "People can see what is held of them, and take it back; the dataset is then built again without them.",
        "rai:dataReleaseMaintenancePlan": "Served rows are put to the gate again each time. After a withdrawal or an erasure the dataset "
        "is built again; copies that were handed on are recalled and must be deleted.",
        "rai:machineAnnotationTools": [f"ownwords steps {', '.join(step.name for step in facts.steps)}; held out: {facts.held_out}"],
    }
    if months:
        found["rai:dataCollectionTimeFrame"] = [f"{months[0]}-01", f"{months[-1]}-01"]
    return found


def _file(split: str, sha256: str | None) -> dict[str, Any]:
    found = {
        "@type": "cr:FileObject",
        "@id": f"{split}.parquet",
        "name": f"{split}.parquet",
        "contentUrl": f"{split}.parquet",
        "encodingFormat": "application/x-parquet",
    }
    return found | ({"sha256": sha256} if sha256 else {})


def _splits(facts: Facts) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"},
            {"@type": "cr:Field", "@id": "splits/url", "name": "url", "dataType": "sc:URL"},
        ],
        "data": [{"splits/name": name, "splits/url": _SPLITS[name]} for name in facts.splits],
    }


def _records(split: str, facts: Facts) -> dict[str, Any]:
    names = {name: dtype for name, dtype in forms.columns(facts.options.form).items() if name != "origins"}
    says = _SAYS | {"split": f"train or held_out: {'no person is in both' if facts.is_by_person else facts.held_out + ' is held out'}."}
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "description": f"The rows of {split}.",
        "key": {"@id": f"{split}/row_id"},
        "field": [_field(split, name, dtype, says[name]) for name, dtype in names.items()],
    }


def _field(split: str, name: str, dtype: pl.DataType | type[pl.DataType], says: str) -> dict[str, Any]:
    """One column; a list of structs is an array with a subfield for each of its names."""
    key = f"{split}/{name}"
    found: dict[str, Any] = {"@type": "cr:Field", "@id": key, "name": name, "description": says}
    inner = dtype.inner if isinstance(dtype, pl.List) else dtype
    if isinstance(dtype, pl.List):
        found |= {"isArray": True, "arrayShape": "-1"}
    if isinstance(inner, pl.Struct):
        parts = [(part.name, part.dtype) for part in inner.fields]
        return found | {"subField": [_part(split, name, part, kind, is_array=isinstance(dtype, pl.List)) for part, kind in parts]}
    return found | {"dataType": "sc:Text", "source": _source(split, name)}


def _part(split: str, column: str, name: str, dtype: Any, *, is_array: bool) -> dict[str, Any]:
    kinds = {pl.String: "sc:Text", pl.Int32: "sc:Integer", pl.Boolean: "sc:Boolean"}
    found = {"@type": "cr:Field", "@id": f"{split}/{column}/{name}", "name": name, "dataType": kinds[dtype.base_type()]}
    shape: dict[str, Any] = {"isArray": True, "arrayShape": "-1"} if is_array else {}
    return found | shape | {"source": _source(split, column) | {"transform": {"jsonPath": name}}}


def _source(split: str, column: str) -> dict[str, Any]:
    return {"fileObject": {"@id": f"{split}.parquet"}, "extract": {"column": column}}
