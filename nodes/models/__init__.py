"""Tables of the federation."""

from nodes.models.alarms import NodeAlarm
from nodes.models.applications import NodeApplication
from nodes.models.blocks import BlockGrant
from nodes.models.completeness import ReportedPeriod
from nodes.models.delegations import DelegatedPrefix
from nodes.models.filings import Filing
from nodes.models.forwarding import ForwardedIdentifier
from nodes.models.incoming import InboundStream, Incoming
from nodes.models.invitations import Invitation
from nodes.models.keys import NodeKey
from nodes.models.log import PeerLogEntry
from nodes.models.manifests import ManifestPair
from nodes.models.outgoing import Envelope, OutboundStream, Outgoing
from nodes.models.peers import Peer, PeerKeyRow
from nodes.models.reports import Report

__all__ = [
    "BlockGrant",
    "DelegatedPrefix",
    "Envelope",
    "Filing",
    "ForwardedIdentifier",
    "InboundStream",
    "Incoming",
    "Invitation",
    "ManifestPair",
    "NodeAlarm",
    "NodeApplication",
    "NodeKey",
    "OutboundStream",
    "Outgoing",
    "Peer",
    "PeerKeyRow",
    "PeerLogEntry",
    "Report",
    "ReportedPeriod",
]
