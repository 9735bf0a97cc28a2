//! RFC 9458 Appendix A, from the secret that both ends export to the sealed answer.

use super::*;

const ENCAPSULATED: &str = "4b28f881333e7c164ffc499ad9796f877f4e1051ee6d31bad19dec96c208b472";
const SECRET: &str = "62d87a6ba569ee81014c2641f52bea36";
const NONCE: &str = "c789e7151fcba46158ca84b04464910d";
const SEALED: &str = "c789e7151fcba46158ca84b04464910d86f9013e404feea014e7be4a441f234f857fbd";

fn unhex<const N: usize>(text: &str) -> [u8; N] {
    crate::hex::decode(text).unwrap()
}

#[test]
fn the_answer_of_rfc_9458_is_sealed_and_opened_to_the_byte() {
    let encapsulated = unhex::<32>(ENCAPSULATED).to_vec();
    let key = AnswerKey::new(encapsulated, AnswerSecret::new(unhex(SECRET)));
    let sealed = key.seal(unhex(NONCE), &[0x01, 0x40, 0xc8]).unwrap();
    assert_eq!(crate::hex::encode(&sealed), SEALED);
    assert_eq!(*key.open(&sealed).unwrap(), [0x01, 0x40, 0xc8]);
    let again = AnswerKey::from_exposed(&key.expose()).unwrap();
    assert_eq!(*again.open(&sealed).unwrap(), [0x01, 0x40, 0xc8]);
}
