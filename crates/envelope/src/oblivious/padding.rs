//! Lengths that tell nothing: a message grows with zeros to the next of a few classes.

use super::error::SealError;

/// Pads with zeros, which Binary HTTP allows behind a message (RFC 9292 section 3.8).
pub(super) fn pad(message: &mut Vec<u8>, classes: &[usize]) -> Result<(), SealError> {
    let class = classes.iter().find(|class| message.len() <= **class);
    match class {
        Some(class) => {
            message.resize(*class, 0);
            Ok(())
        }
        None => Err(SealError::TooLarge { bytes_max: classes.last().copied().unwrap_or(0) }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::REQUEST_CLASSES_BYTES;
    use super::*;

    #[test]
    fn every_length_becomes_one_of_the_classes() {
        for (length, class) in [(1, 2_048), (2_048, 2_048), (2_049, 20_480), (20_480, 20_480)] {
            let mut message = vec![1; length];
            pad(&mut message, &REQUEST_CLASSES_BYTES).unwrap();
            assert_eq!(message.len(), class);
            assert!(message[length..].iter().all(|byte| *byte == 0));
        }
        let mut message = vec![1; 20_481];
        assert!(pad(&mut message, &REQUEST_CLASSES_BYTES).is_err());
    }
}
