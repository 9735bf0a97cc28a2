//! A fleet's key and what it signs: for whoever keeps the policy, not for the machines it is about.

use std::path::Path;

use contract::policy::{POLICY_BYTES_MAX, SIGNED_BY, SignedPolicy, document};
use envelope::policy::PolicyKey;
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use zeroize::Zeroizing;

use super::files::{read_text, write_new};
use crate::command::Output;
use crate::trouble::Trouble;

/// Bytes of a key's file.
const KEY_BYTES_MAX: usize = 1024;

/// Makes a key; prints the public half.
///
/// # Errors
/// If the file exists or cannot be written.
pub fn make(file: &Path, json: bool) -> Result<Output, Trouble> {
    let key = PolicyKey::generate(&mut UnwrapErr(SysRng));
    write_new(file, &key.to_file_text())?;
    let public = key.public();
    Ok(if json {
        Output::json(&serde_json::json!({"policy_key": public}))
    } else {
        Output::text(format!("{public}\n"))
    })
}

/// Prints a policy with its signature.
///
/// # Errors
/// If key or policy cannot be read, or no machine would take what was signed.
pub fn sign(file: &Path, key: &Path) -> Result<Output, Trouble> {
    let nothing = "everything as it was; nothing was signed";
    let secret = Zeroizing::new(read_text(key, "the key", KEY_BYTES_MAX)?);
    let secret = PolicyKey::from_file_text(&secret).map_err(|error| {
        let happened = format!("{}: {error}", key.display());
        Trouble::new("the key cannot be used.", happened, nothing, "candor-agent policy key FILE")
    })?;
    let text = read_text(file, "the policy", POLICY_BYTES_MAX)?;
    // One that was signed before is signed anew.
    let text = match text.split_once('\n') {
        Some((first, rest)) if first.starts_with(SIGNED_BY) => rest,
        _ => text.as_str(),
    };
    let signed = document(text, &secret.sign(text.as_bytes()));
    SignedPolicy::open(signed.as_bytes(), &secret.public()).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        let happened = format!("{}: {error}{}", file.display(), cause.unwrap_or_default());
        let to_do = "mend it; a signed policy has a `number` that grows, and `expires`";
        Trouble::new("no machine would take this policy.", happened, nothing, to_do)
    })?;
    Ok(Output::text(signed))
}
