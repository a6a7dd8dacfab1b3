//! Counting messages before decoding them.
//!
//! A message of two bytes becomes a struct of some hundred, so bytes from outside could ask for far more memory than
//! they take. Counting first costs one pass over the bytes.

use prost::encoding::{WireType, decode_key, decode_varint};

/// Most messages inside of a circuit. Real circuits have some thousand.
pub(super) const MAX_MESSAGES: u64 = 1 << 20;

/// Which fields of a message are messages themselves.
struct Schema {
    fields: &'static [(u32, &'static Schema)],
}

const LEAF: Schema = Schema { fields: &[] };
const GATE: Schema = Schema {
    fields: &[(2, &LEAF)],
};
const LINEAR: Schema = Schema {
    fields: &[(1, &LEAF)],
};
const INSTRUCTION: Schema = Schema {
    fields: &[(9, &LINEAR)],
};
const TERM: Schema = Schema {
    fields: &[(2, &LEAF)],
};
const COUNTED_TABLE: Schema = Schema {
    fields: &[(2, &LEAF)],
};
const MULTIPLICITY: Schema = Schema {
    fields: &[(4, &TERM), (6, &COUNTED_TABLE)],
};
const CIRCUIT: Schema = Schema {
    fields: &[
        (3, &LEAF),
        (4, &LEAF),
        (5, &GATE),
        (6, &GATE),
        (7, &GATE),
        (8, &INSTRUCTION),
        (9, &LEAF),
        (10, &LEAF),
        (11, &LEAF),
        (12, &LEAF),
        (13, &LEAF),
        (14, &MULTIPLICITY),
        (15, &LEAF),
    ],
};

/// Number of repeated messages and strings in the bytes of a circuit; `None` when the bytes are no protobuf.
pub(super) fn count_messages(bytes: &[u8]) -> Option<u64> {
    count(bytes, &CIRCUIT)
}

fn count(mut bytes: &[u8], schema: &Schema) -> Option<u64> {
    let mut total = 0;
    while !bytes.is_empty() {
        let (field, wire_type) = decode_key(&mut bytes).ok()?;
        let skip = match wire_type {
            WireType::Varint => {
                decode_varint(&mut bytes).ok()?;
                0
            }
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut bytes).ok()?).ok()?;
                let child = schema.fields.iter().find(|(number, _)| *number == field);
                if let Some((_, child)) = child {
                    total += 1;
                    if !child.fields.is_empty() {
                        total += count(bytes.get(..length)?, child)?;
                    }
                }
                length
            }
            // Groups are a relic that none of the messages uses.
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        bytes = bytes.get(skip..)?;
    }
    Some(total)
}
