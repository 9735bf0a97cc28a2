//! The parts of the format that a reader would stumble over; whole files are read by others.

use super::*;

#[test]
fn numbers_are_written_as_the_compact_protocol_has_them() {
    let mut thrift = Thrift::default();
    thrift.int(1, -1);
    thrift.long(3, 150);
    thrift.text(4, "ab");
    assert_eq!(thrift.finish(), [0x15, 0x01, 0x26, 0xac, 0x02, 0x18, 0x02, b'a', b'b', 0x00]);
}

#[test]
fn a_long_list_says_its_length_apart() {
    let mut thrift = Thrift::default();
    thrift.ints(1, &[0; 20]);
    let bytes = thrift.finish();
    assert_eq!(bytes[..3], [0x19, 0xf5, 20]);
    assert_eq!(bytes.len(), 3 + 20 + 1);
}

#[test]
fn what_is_missing_has_a_level_and_no_value() {
    let values = Values::Perhaps(vec![Some(1), None, Some(2)]);
    let mut page = vec![2, 0, 0, 0, 0b11, 0b101];
    page.extend(1i64.to_le_bytes());
    page.extend(2i64.to_le_bytes());
    assert_eq!(values.page(), page);
}

#[test]
fn a_file_says_at_its_end_where_everything_is() {
    let file = file(&[], Some("rehearsal: never publish this"));
    assert_eq!((&file[..4], &file[file.len() - 4..]), (MAGIC, MAGIC));
    let length = u32::from_le_bytes(file[file.len() - 8..file.len() - 4].try_into().unwrap());
    assert!((length as usize) < file.len() - 12);
}
