//! What a manifest declares once and its questions refer to: purposes and databases.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::database::{self, Database, Known};
use super::reader::Node;
use super::source::Source;
use crate::id::{DatabaseId, PurposeId};
use crate::limits::{DATABASES_MAX, KNOWN_MAX};
use crate::text::Text;

/// What is declared, and what of it some question uses.
pub(super) struct Declared {
    pub(super) purposes: BTreeMap<PurposeId, Text>,
    pub(super) databases: Vec<Database>,
    pub(super) known: Vec<Known>,
    purpose_places: Vec<(PurposeId, Range<usize>)>,
    database_places: Vec<(DatabaseId, Range<usize>)>,
    used_purposes: RefCell<BTreeSet<PurposeId>>,
    used_databases: RefCell<BTreeSet<DatabaseId>>,
}

impl Declared {
    /// Reads the declarations of a manifest.
    pub(super) fn read(root: &Node<'_, '_>) -> Self {
        let (purposes, purpose_places) = purposes(root);
        let (databases, database_places) = databases(root);
        let mut declared = Self {
            purposes,
            databases,
            known: Vec::new(),
            purpose_places,
            database_places,
            used_purposes: RefCell::default(),
            used_databases: RefCell::default(),
        };
        declared.known = declared.read_known(root);
        declared
    }

    fn read_known(&self, root: &Node<'_, '_>) -> Vec<Known> {
        let nodes = root.tables("known", "known");
        if nodes.len() > KNOWN_MAX {
            let what = format!("the manifest has {} lists of known values", nodes.len());
            root.note("known", what, format!("keep to {KNOWN_MAX}: a query may give many columns"));
        }
        let read = |node: Node<'_, '_>| {
            let (reader, at) = (node.reader, node.at.clone());
            let known = database::known(node)?;
            if let Some(what) = self.stranger(&known.source) {
                reader.note(&at, what, "declare it in a [[database]]");
            }
            Some(known)
        };
        nodes.into_iter().filter_map(read).collect()
    }

    /// Notes that a field serves a purpose; `false` when nothing declares it.
    pub(super) fn uses(&self, purpose: &PurposeId) -> bool {
        self.used_purposes.borrow_mut().insert(purpose.clone());
        self.purpose_places.iter().any(|(known, _)| known == purpose)
    }

    /// Notes that a source asks its database; what is wrong, when nothing declares that.
    pub(super) fn stranger(&self, source: &Source) -> Option<String> {
        let Source::Sql { database, .. } = source else { return None };
        self.used_databases.borrow_mut().insert(database.clone());
        let declared = self.database_places.iter().any(|(known, _)| known == database);
        (!declared).then(|| format!("there is no database `{database}`"))
    }

    /// Notes what is declared and never used.
    pub(super) fn note_unused(&self, root: &Node<'_, '_>) {
        let used = self.used_purposes.borrow();
        for (purpose, at) in self.purpose_places.iter().filter(|(id, _)| !used.contains(id)) {
            let what = format!("no field serves the purpose `{purpose}`");
            root.reader.note(at, what, "remove it, or ask what it needs");
        }
        let used = self.used_databases.borrow();
        for (database, at) in self.database_places.iter().filter(|(id, _)| !used.contains(id)) {
            let what = format!("nothing is asked of the database `{database}`");
            root.reader.note(at, what, "remove it");
        }
        if !root.has("purpose") {
            let fix = "add a [[purpose]]: say in one sentence what answers are used for";
            root.note("purpose", "the manifest states no purpose", fix);
        }
    }
}

type Places<Id> = Vec<(Id, Range<usize>)>;

fn purposes(root: &Node<'_, '_>) -> (BTreeMap<PurposeId, Text>, Places<PurposeId>) {
    let (mut texts, mut places) = (BTreeMap::new(), Places::new());
    for node in root.tables("purpose", "purpose") {
        let id = node.parsed("id", "name the purpose", PurposeId::parse);
        let text = node.text("text", "say in one sentence what answers are used for");
        if let Some(id) = id {
            if places.iter().any(|(known, _)| *known == id) {
                node.note("id", "this purpose is there twice", "give each its own id");
            }
            places.push((id.clone(), node.at.clone()));
            texts.extend(text.map(|text| (id, text)));
        }
        node.finish();
    }
    (texts, places)
}

fn databases(root: &Node<'_, '_>) -> (Vec<Database>, Places<DatabaseId>) {
    let (mut databases, mut places) = (Vec::new(), Places::new());
    let nodes = root.tables("database", "database");
    if nodes.len() > DATABASES_MAX {
        let what = format!("the manifest has {} databases", nodes.len());
        root.note("database", what, format!("keep to {DATABASES_MAX}"));
    }
    for node in nodes {
        // A database that is not in order is declared all the same: questions about it are.
        let id = node.parsed("id", "name the database", DatabaseId::parse);
        if let Some(id) = &id {
            if places.iter().any(|(known, _)| known == id) {
                node.note("id", "this database is there twice", "give each its own id");
            }
            places.push((id.clone(), node.at.clone()));
        }
        databases.extend(database::database(node, id));
    }
    (databases, places)
}
