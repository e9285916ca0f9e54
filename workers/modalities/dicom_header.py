"""What the header of a DICOM file tells of people: looked at once, counted by the names of its tags, never kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom import Dataset

IDENTITY = frozenset(
    # of the tags that DICOM PS3.15, table E.1-1 (basic profile), removes or replaces: those that name somebody,
    # something of theirs, a place or a time. Every element of the type PN (a person's name) counts beside them.
    {
        "AccessionNumber", "AcquisitionDate", "AcquisitionDateTime", "AcquisitionTime", "AdmissionID",
        "AdmittingDiagnosesDescription", "AdditionalPatientHistory", "ContentDate", "ContentTime",
        "CountryOfResidence", "CurrentPatientLocation", "DeviceSerialNumber", "EthnicGroup", "FrameOfReferenceUID",
        "ImageComments", "InstanceCreationDate", "InstanceCreationTime", "InstitutionAddress", "InstitutionName",
        "InstitutionalDepartmentName", "IssuerOfPatientID", "MedicalAlerts", "MedicalRecordLocator", "MilitaryRank",
        "Occupation", "OtherPatientIDs", "OtherPatientIDsSequence", "PatientAddress", "PatientAge",
        "PatientBirthDate", "PatientBirthTime", "PatientComments", "PatientID", "PatientName", "PatientSex",
        "PatientSize", "PatientTelephoneNumbers", "PatientWeight", "PerformedProcedureStepStartDate",
        "PerformedProcedureStepStartTime", "ProtocolName", "RegionOfResidence", "RequestingService", "SeriesDate",
        "SeriesDescription", "SeriesInstanceUID", "SeriesTime", "SOPInstanceUID", "StationName", "StudyDate",
        "StudyDescription", "StudyID", "StudyInstanceUID", "StudyTime",
    }
)  # fmt: skip


@dataclass
class Headers:
    """Of all DICOM files of an upload: how many there were, and in how many each thing was found."""

    files: int = 0
    identity: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)

    def look(self, header: Dataset) -> None:
        """Count what one file's header tells of people; nothing of what it says is kept."""
        self.files += 1
        names: set[str] = set()
        private = False
        for element in header.iterall():
            private = private or bool(element.tag.is_private)
            if (element.VR == "PN" or element.keyword in IDENTITY) and element.value not in (None, "", []):
                names.add(element.keyword or str(element.tag))
        self.identity.update(names)
        self.found["private"] += private
        self.found["overlays"] += has_overlays(header)
        self.found["burnt_in_unsaid"] += not said(header, "BurnedInAnnotation")
        self.found["recognizable"] += said(header, "RecognizableVisualFeatures") == "YES"

    def as_dict(self) -> dict[str, Any]:
        """For the profile; {} where no file was DICOM."""
        if not self.files:
            return {}
        return {
            "files": self.files,
            "identity": dict(sorted(self.identity.items())),
            **dict(sorted(self.found.items())),
        }


def said(header: Dataset, keyword: str) -> str:
    """A text of the header in capitals; "" where there is none."""
    return str(header.get(keyword) or "").strip().upper()


def has_overlays(header: Dataset) -> bool:
    """Whether lines or writing are kept on a layer of their own (60xx,3000): layers are never drawn into a picture."""
    return any((group, 0x3000) in header for group in range(0x6000, 0x6100, 2))
