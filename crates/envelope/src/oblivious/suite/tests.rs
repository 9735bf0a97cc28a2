//! RFC 9180 Appendix A.1.1 and RFC 9458 Appendix A, as far as they concern HPKE.

use super::*;

fn unhex<const N: usize>(text: &str) -> [u8; N] {
    crate::hex::decode(text).unwrap()
}

const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
const KEY_OF_SENDER: &str = "7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234";
const PRIVATE: &str = "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8";
const PUBLIC: &str = "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d";
const ENCAPSULATED: &str = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431";
const PLAIN: &[u8] = b"Beauty is truth, truth beauty";
const CIPHERTEXT: &str = "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9\
                          6d8770ac83d07bea87e13c512a";

#[test]
fn the_sender_of_rfc_9180_is_reproduced_from_its_seed() {
    let mut seed = [0; SEED_BYTES];
    seed[..32].copy_from_slice(&unhex::<32>(KEY_OF_SENDER));
    let public = PublicHalf::from_bytes(Kem::X25519, &unhex::<32>(PUBLIC)).unwrap();
    let sealed = public.seal(&unhex::<20>(INFO), PLAIN, &seed).unwrap();
    assert_eq!(crate::hex::encode(&sealed.encapsulated), ENCAPSULATED);
    // The RFC authenticates a counter beside the text and OHTTP nothing: the texts agree, the
    // sixteen bytes behind them cannot.
    assert_eq!(crate::hex::encode(&sealed.ciphertext)[..58], CIPHERTEXT[..58]);
    let mut replay = Replay::new(&seed);
    let key = PublicOf::<X25519HkdfSha256>::from_bytes(&unhex::<32>(PUBLIC)).unwrap();
    let (_, mut sender) = setup_sender_with_rng::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &key,
        &unhex::<20>(INFO),
        &mut replay,
    )
    .unwrap();
    let ciphertext = sender.seal(PLAIN, b"Count-0").unwrap();
    assert_eq!(crate::hex::encode(&ciphertext), CIPHERTEXT);
}

#[test]
fn the_recipient_of_rfc_9180_has_the_public_half_that_stands_there() {
    let private = PrivateHalf::from_bytes(Kem::X25519, &unhex(PRIVATE)).unwrap();
    assert_eq!(crate::hex::encode(&private.public().to_bytes()), PUBLIC);
    assert_eq!(crate::hex::encode(private.expose().as_slice()), PRIVATE);
}

#[test]
fn the_secret_for_the_answer_is_the_one_of_rfc_9458() {
    let private = "3c168975674b2fa8e465970b79c8dcf09f1c741626480bd4c6162fc5b6a98e1a";
    let private = PrivateHalf::from_bytes(Kem::X25519, &unhex(private)).unwrap();
    let encapsulated = "4b28f881333e7c164ffc499ad9796f877f4e1051ee6d31bad19dec96c208b472";
    let ciphertext = "6374e469135906992e1268c594d2a10c695d858c40a026e7965e7d86b83dd440\
                      b2c0185204b4d63525";
    let info = b"message/bhttp request\0\x01\x00\x20\x00\x01\x00\x01";
    let opened = private.open(info, &unhex::<32>(encapsulated), &unhex::<41>(ciphertext));
    let (plain, secret) = opened.unwrap();
    assert_eq!(crate::hex::encode(&plain), "00034745540568747470730b6578616d706c652e636f6d012f");
    assert_eq!(crate::hex::encode(secret.as_slice()), "62d87a6ba569ee81014c2641f52bea36");
}

#[test]
fn no_capsule_is_sealed_with_less_randomness_than_it_takes() {
    let mut replay = Replay::new(&[7; 40]);
    let private = PrivateHalf::generate(Kem::XWing, &mut replay);
    let PublicHalf::XWing(key) = private.public() else { panic!() };
    let set_up = setup_sender_with_rng::<AesGcm128, HkdfSha256, XWing>;
    let mut short = Replay::new(&[7; 63]);
    assert!(set_up(&OpModeS::Base, &key, b"", &mut short).is_ok() && short.ran_out());
    let mut enough = Replay::new(&[7; SEED_BYTES]);
    assert!(set_up(&OpModeS::Base, &key, b"", &mut enough).is_ok() && !enough.ran_out());
}
