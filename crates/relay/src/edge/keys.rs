//! Gateways' keys: fetched at moments that no sender chooses, and one copy for everybody.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::HeaderValue;
use tokio::sync::watch;
use tokio::time::Instant;

use super::exchange::Exchange;
use crate::limits::{KEYS_AGE_MAX, KEYS_BYTES_MAX, KEYS_INTERVAL, KEYS_RETRY};
use crate::pass;

/// The copies of one gateway's keys.
#[derive(Default)]
pub(super) struct Keys {
    plain: Copied,
    signed: Copied,
}

/// Which of the two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// Key configurations as RFC 9458 has them.
    Plain,
    /// The same, signed.
    Signed,
}

type Copied = RwLock<Option<(Bytes, Instant)>>;

impl Keys {
    /// The copy and its age in seconds, unless there is none or it is too old.
    pub(super) fn copy(&self, which: Which) -> Option<(Bytes, u64)> {
        self.copy_at(which, Instant::now())
    }

    fn copy_at(&self, which: Which, now: Instant) -> Option<(Bytes, u64)> {
        let copied = self.of(which).read().unwrap_or_else(PoisonError::into_inner);
        let (bytes, fetched) = copied.as_ref()?;
        let age = now.duration_since(*fetched);
        (age < KEYS_AGE_MAX).then(|| (bytes.clone(), age.as_secs()))
    }

    fn of(&self, which: Which) -> &Copied {
        match which {
            Which::Plain => &self.plain,
            Which::Signed => &self.signed,
        }
    }

    /// Whether the gateway's keys are here; the signed document is Candor's own, and others'
    /// gateways have none.
    async fn fetch(&self, exchange: &Exchange) -> bool {
        let gateway = exchange.gateway();
        let plain = self.fetch_one(exchange, Which::Plain, &gateway.keys_path()).await;
        self.fetch_one(exchange, Which::Signed, &gateway.signed_keys_path()).await;
        plain
    }

    async fn fetch_one(&self, exchange: &Exchange, which: Which, path: &str) -> bool {
        let wanted = match which {
            Which::Plain => pass::KEYS,
            Which::Signed => pass::SIGNED_KEYS,
        };
        let Ok(returned) = exchange.fetch(path).await else { return false };
        let kind = returned.media_type.as_ref().map(HeaderValue::as_bytes).unwrap_or_default();
        let fits = returned.status == 200
            && pass::essence_is(kind, wanted)
            && (1..=KEYS_BYTES_MAX).contains(&returned.body.len());
        if fits {
            let mut copied = self.of(which).write().unwrap_or_else(PoisonError::into_inner);
            *copied = Some((returned.body, Instant::now()));
        }
        fits
    }
}

/// Fetches again and again, until the relay stops.
pub(super) async fn keep_fresh(
    keys: Arc<Keys>,
    exchange: Arc<Exchange>,
    mut stop: watch::Receiver<bool>,
) {
    let mut had = true;
    loop {
        let has = keys.fetch(&exchange).await;
        if had && !has {
            let gateway = exchange.gateway().label();
            tracing::warn!(gateway, "its keys could not be fetched; asked again every few seconds");
        }
        had = has;
        let wait: Duration = if has { KEYS_INTERVAL } else { KEYS_RETRY };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_is_too_old_is_told_to_nobody() {
        let fetched = Instant::now();
        for which in [Which::Plain, Which::Signed] {
            let keys = Keys::default();
            assert_eq!(keys.copy_at(which, fetched), None);
            *keys.of(which).write().unwrap() = Some((Bytes::from_static(b"keys"), fetched));
            let last = Duration::from_secs(KEYS_AGE_MAX.as_secs() - 1);
            let told = Some((Bytes::from_static(b"keys"), last.as_secs()));
            assert_eq!(keys.copy_at(which, fetched + last), told);
            assert_eq!(keys.copy_at(which, fetched + KEYS_AGE_MAX), None);
        }
    }
}
