//! How the page is served, checked.

use crate::trouble::Trouble;

/// How the page is served.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `http://127.0.0.1:7417`, where it listens on the loopback address: what links begin with.
    pub base: Option<String>,
    /// Further host names under which it answers there, for a proxy that passes its own.
    pub names: Vec<String>,
    /// The one origin that may show it in a frame.
    pub embed: Option<String>,
}

impl Options {
    /// Options as somebody wrote them.
    ///
    /// # Errors
    /// If a name is no host name, or the origin no origin.
    pub fn checked(names: Vec<String>, embed: Option<String>) -> Result<Self, Trouble> {
        for name in &names {
            if !is_authority(name) {
                let why = "a name is as a browser shows it: host or host:port";
                return Err(trouble("the page's name", name, why));
            }
        }
        if let Some(origin) = &embed {
            let rest = origin.strip_prefix("https://").or(origin.strip_prefix("http://"));
            if !rest.is_some_and(is_authority) {
                let why = "an origin is https://host or https://host:port, without a path";
                return Err(trouble("the embedding origin", origin, why));
            }
        }
        Ok(Self { base: None, names, embed })
    }
}

/// Host and port in characters that mean nothing in a header.
fn is_authority(text: &str) -> bool {
    let odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    !text.is_empty() && !text.contains(odd)
}

fn trouble(what: &str, text: &str, why: &str) -> Trouble {
    Trouble::new(
        format!("{what} cannot be used."),
        format!("`{text}`: {why}"),
        "everything as it was; the page is not served",
        "write it that way",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_cannot_widen_the_policy_it_stands_in() {
        let embed = |origin: &str| Options::checked(Vec::new(), Some(origin.into()));
        assert!(embed("https://nas.example:8443").is_ok());
        for bad in ["*", "https://*", "https://a; script-src *", "https://a b", "nas.example", ""] {
            assert!(embed(bad).is_err(), "{bad}");
        }
        assert!(Options::checked(vec!["nas.example".into()], None).is_ok());
        assert!(Options::checked(vec!["nas.example/x".into()], None).is_err());
    }
}
