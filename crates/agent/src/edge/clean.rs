//! `candor-agent clean`: texts from standard input, cleaned, on standard output.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::Path;

use contract::clean::{Known, clean_lines, known_lines};

use crate::trouble::Trouble;

/// Bytes that are read and written at once: a line has about a hundred.
const BUFFER_BYTES: usize = 64 * 1024;

/// Cleans every line of standard input, with the known values of this file.
///
/// # Errors
/// If the file or a line cannot be read: the sentence has the line's number and nothing of it.
pub fn lines(known: Option<&Path>) -> Result<(), Trouble> {
    let known = known.map_or_else(|| Ok(Known::default()), read_known)?;
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock());
    let input = BufReader::with_capacity(BUFFER_BYTES, io::stdin().lock());
    let cleaned = clean_lines(&known, input, &mut output).and_then(|()| output.flush());
    match cleaned {
        // Whoever closed the pipe wants no more; that is no error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => {
            // What was cleaned before the line that is none.
            let _ = output.flush();
            Err(trouble(format!("standard input: {error}")))
        }
        Ok(()) => Ok(()),
    }
}

fn read_known(path: &Path) -> Result<Known, Trouble> {
    let known = File::open(path).and_then(|file| known_lines(BufReader::new(file)));
    known.map_err(|error| trouble(format!("{}: {error}", path.display())))
}

fn trouble(happened: String) -> Trouble {
    Trouble::new(
        "not every text was cleaned.",
        happened,
        "what was printed so far; nothing else was written",
        "give one JSON string per line, in UTF-8",
    )
}
