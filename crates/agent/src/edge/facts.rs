//! The machine's facts, read anew for each report.

use std::path::Path;

use contract::draft::Facts;
use contract::manifest::Field;

use super::source::OsSources;
use crate::gather::gather;
use crate::ports::Gather;

/// The machine's facts.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsFacts;

impl Gather for OsFacts {
    fn facts(&self, fields: &[&Field]) -> Facts {
        gather(fields, &OsSources::default())
    }

    fn known(&self, tell: &mut dyn FnMut(&str)) {
        super::known::each(Path::new("/"), tell);
    }
}
