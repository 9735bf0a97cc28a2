//! A part's definition: all that is needed to check and count its answers, and nothing more.
//!
//! Its hash travels with every part. It holds no wording, no source, no tier and no manifest
//! version, so old and new software whose parts mean the same count together, and a rare
//! manifest version joins nothing.

use envelope::Digest;
use serde::Serialize;

use crate::calendar::{Identity, PeriodKind};
use crate::canonical;
use crate::id::{ChannelId, FieldId, PartId, ProgramId};
use crate::kind::Kind;
use crate::manifest::{Channel, Part};

/// What a part asks, as far as checking and counting need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Definition {
    /// Whose part it is.
    pub program: ProgramId,
    /// In which channel.
    pub channel: ChannelId,
    /// Its name.
    pub part: PartId,
    /// How often it is sent.
    pub period: PeriodKind,
    /// How long its tags last.
    pub identity: Identity,
    /// Its fields, in the order of their names: the order of the wire.
    pub fields: Vec<FieldShape>,
    /// How many parts of this one installation sends in a period at most, where each is a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records_max: Option<u32>,
    #[serde(skip)]
    hash: Digest,
    /// For each field the labels of its buckets: written once, compared for every part.
    #[serde(skip)]
    labels: Vec<Vec<String>>,
}

/// One field of a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldShape {
    /// Its name, the key on the wire.
    pub id: FieldId,
    /// The shape of its answers.
    #[serde(flatten)]
    pub kind: Kind,
}

impl Definition {
    /// The definition of a manifest's part.
    pub fn new(program: &ProgramId, channel: &Channel, part: &Part) -> Self {
        let shape = |field: &crate::manifest::Field| FieldShape {
            id: field.id.clone(),
            kind: field.kind.clone(),
        };
        let mut fields: Vec<_> = channel.fields_of(part).map(shape).collect();
        fields.sort_by(|a, b| a.id.cmp(&b.id));
        let mut definition = Self {
            labels: fields.iter().map(labels_of).collect(),
            program: program.clone(),
            channel: channel.id.clone(),
            part: part.id.clone(),
            period: channel.period,
            identity: channel.identity,
            fields,
            records_max: part.records.as_ref().map(|records| records.max),
            hash: Digest::of(b""),
        };
        definition.hash = Digest::of(&definition.canonical());
        definition
    }

    /// Reads a definition from its canonical bytes; `None` where they are none, or where this
    /// program would write it differently.
    pub fn from_canonical(bytes: &[u8]) -> Option<Self> {
        #[derive(serde::Deserialize)]
        struct Read {
            program: ProgramId,
            channel: ChannelId,
            part: PartId,
            period: PeriodKind,
            identity: Identity,
            fields: Vec<serde_json::Map<String, serde_json::Value>>,
            records_max: Option<u32>,
        }
        let read: Read = serde_json::from_slice(bytes).ok()?;
        let mut fields = Vec::with_capacity(read.fields.len());
        for mut field in read.fields {
            let id = FieldId::parse(field.remove("id")?.as_str()?).ok()?;
            let kind = serde_json::from_value(serde_json::Value::Object(field)).ok()?;
            fields.push(FieldShape { id, kind });
        }
        let definition = Self {
            program: read.program,
            channel: read.channel,
            part: read.part,
            period: read.period,
            identity: read.identity,
            records_max: read.records_max,
            hash: Digest::of(bytes),
            labels: fields.iter().map(labels_of).collect(),
            fields,
        };
        (definition.canonical() == bytes).then_some(definition)
    }

    /// SHA-256 over [`Definition::canonical`].
    pub fn hash(&self) -> Digest {
        self.hash
    }

    /// The canonical bytes (RFC 8785).
    pub fn canonical(&self) -> Vec<u8> {
        canonical::to_bytes(self).unwrap_or_default()
    }

    /// Bytes of the longest part that the definition allows.
    pub fn bytes_max(&self) -> usize {
        // Every member with its quotes, the two digests, and a period of ten characters.
        let fixed = "{'answers':{},'channel':'','definition':'','part':'','period':'',\
                     'program':'','tag':''}";
        let names =
            self.program.as_str().len() + self.channel.as_str().len() + self.part.as_str().len();
        let answer = |shape: &FieldShape| shape.id.as_str().len() + 4 + shape.kind.bytes_max();
        let answers: usize = self.fields.iter().map(answer).sum();
        fixed.len() + names + 64 + 32 + 10 + answers
    }

    /// For each field the labels of its buckets, in their order; none where it has no buckets.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &[String]> {
        self.labels.iter().map(Vec::as_slice)
    }

    /// The position of a field.
    pub fn index_of(&self, field: &str) -> Option<usize> {
        self.fields.binary_search_by(|shape| shape.id.as_str().cmp(field)).ok()
    }
}

fn labels_of(shape: &FieldShape) -> Vec<String> {
    (0..).map_while(|index| shape.kind.bucket_label(index)).collect()
}
