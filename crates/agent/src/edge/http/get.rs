//! Reads a public document, such as a fleet's policy or a release: nothing about this machine is in
//! the request but what every connection shows.

use super::Https;
use crate::ports::{Fetch, NoReply, Reply};

impl Fetch for Https {
    fn get(&self, url: &str, bytes_max: u64) -> Result<Reply, NoReply> {
        let host = contract::destination::host_and_port(url);
        let came = self.towards(&host).get(url).call();
        came.map_err(|error| self.no_reply(&host, &error))
            .and_then(|response| self.reply(response, &host, bytes_max))
    }
}
