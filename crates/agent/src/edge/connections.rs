//! Connections as the options say: to collectors and relays, and to the host of a fleet's policy.

use super::{files, http, policy};
use crate::agent::Agent;
use crate::cli::Common;
use crate::fleet::Remote;
use crate::limits::{FLEET_SECONDS_MAX, REQUEST_SECONDS_MAX};
use crate::proxy::Proxies;
use crate::trouble::Trouble;

/// How variables of the environment are read.
pub type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// To collectors and relays. `fleet` is the certificate authority that the fleet's policy names.
///
/// # Errors
/// If proxy or certificates cannot be used.
pub fn open(
    common: &Common,
    fleet: Option<&str>,
    variables: Variables<'_>,
) -> Result<http::Https, Trouble> {
    within(common, fleet, common.timeout.unwrap_or(REQUEST_SECONDS_MAX), variables)
}

/// Others in place of these, where the policy that an agent meets names a certificate authority.
///
/// # Errors
/// If proxy or certificates cannot be used.
pub fn of_fleet(
    agent: &Agent<'_>,
    common: &Common,
    variables: Variables<'_>,
) -> Result<Option<http::Https>, Trouble> {
    agent.fleet_ca().map(|fleet| open(common, Some(&fleet), variables)).transpose()
}

fn within(
    common: &Common,
    fleet: Option<&str>,
    seconds: u64,
    variables: Variables<'_>,
) -> Result<http::Https, Trouble> {
    let ca = common.ca.as_deref();
    let ca = ca.map(|path| files::read_text(path, "the certificate authority", 1 << 20));
    let proxies = Proxies::read(common.proxy.as_deref(), variables);
    http::Https::new(ca.transpose()?.as_deref(), fleet, proxies, seconds)
}

/// The fleet's policy: in a file, or fetched where an address and a key are named. Its host is
/// believed as this machine's settings say: a policy with a mistake must not keep its own
/// correction away.
///
/// # Errors
/// If address or key are named alone or cannot be used.
pub fn fleet_policy(
    common: &Common,
    variables: Variables<'_>,
) -> Result<policy::OsPolicy, Trouble> {
    let placed = policy::OsPolicy::new(common.policy.as_deref());
    let unusable = |why: String| {
        Trouble::new(
            "the fleet's policy cannot be fetched as it is set.",
            why,
            "everything as it was; nothing was sent",
            "name both --policy-url and --policy-key; candor-agent policy key makes one",
        )
    };
    let (url, key) = match (&common.policy_url, &common.policy_key) {
        (None, None) => return Ok(placed),
        (Some(url), Some(key)) => (url.clone(), key),
        (Some(_), None) => return Err(unusable("its address is named without its key".into())),
        (None, Some(_)) => return Err(unusable("its key is named without an address".into())),
    };
    contract::destination::check_url(&url).map_err(&unusable)?;
    let key = key.parse().map_err(|why| unusable(format!("its key: {why}")))?;
    let seconds = common.timeout.unwrap_or(FLEET_SECONDS_MAX).min(FLEET_SECONDS_MAX);
    let https = within(common, None, seconds, variables)?;
    Ok(placed.fetched(Remote { url, key }, Box::new(https)))
}
