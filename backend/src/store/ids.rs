//! Ids of machines and events as the table of records has them: in half the room.
//!
//! 32 lower-case hex digits, which they normally are, become 16 bytes. Any other text is its bytes and 0xFF, which no UTF-8
//! contains; twice where the first one makes 16 of them.

/// Behind a text that is not 32 hex digits.
const MARK: u8 = 0xFF;
const PACKED: usize = 16;

/// An id as bytes.
pub(crate) fn bytes(id: &str) -> Vec<u8> {
    let mut packed = [0; PACKED];
    if !id.bytes().any(|byte| byte.is_ascii_uppercase()) && hex::decode_to_slice(id, &mut packed).is_ok() {
        return packed.to_vec();
    }
    let mut bytes = [id.as_bytes(), &[MARK]].concat();
    if bytes.len() == PACKED {
        bytes.push(MARK);
    }
    bytes
}

/// The id that was made into bytes.
pub(crate) fn text(bytes: &[u8]) -> String {
    if bytes.len() == PACKED {
        return hex::encode(bytes);
    }
    let end = bytes.iter().position(|byte| *byte == MARK).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_were() {
        let check = |id: &str, length: usize| {
            let bytes = bytes(id);
            assert_eq!((text(&bytes).as_str(), bytes.len()), (id, length));
        };
        check("0123456789abcdef0123456789abcdef", 16);
        check("0123456789ABCDEF0123456789abcdef", 33);
        check("0123456789abcdef0123456789abcdeg", 33);
        check("rack 7, node 3", 15);
        check("rack 7, node 30", 17);
        check("rack 7, node 300", 17);
        check("ÿÿÿÿÿÿÿ7", 17);
        check("", 1);
    }
}
