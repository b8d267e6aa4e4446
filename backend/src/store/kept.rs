//! Answers that are kept in memory as long as what they were made from has not changed.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem::take;
use std::sync::{PoisonError, RwLock};

/// Answers by what was asked, each with what it was made from. Those that nobody has asked for since half of the room was
/// filled go first.
pub(super) struct Kept<K, O, V> {
    most: usize,
    answers: RwLock<Answers<K, O, V>>,
}

struct Answers<K, O, V> {
    young: Known<K, O, V>,
    old: Known<K, O, V>,
    /// Of the young ones.
    room: usize,
}

/// With the room that each takes.
type Known<K, O, V> = HashMap<K, (O, V, usize)>;

impl<K: Clone + Eq + Hash, O: Clone + PartialEq, V: Clone> Kept<K, O, V> {
    /// With so much room, in the unit of [`Self::keep`].
    pub(super) fn new(most: usize) -> Self {
        Self { most, answers: RwLock::new(Answers { young: HashMap::new(), old: HashMap::new(), room: 0 }) }
    }

    /// Whether answers that take so much room together can be kept at the same time.
    pub(super) fn has_room_for(&self, room: usize) -> bool {
        room <= self.most / 2
    }

    // A panic while the lock is held leaves what is kept whole.
    pub(super) fn get(&self, asked: &K, origin: &O) -> Option<V> {
        let answers = self.answers.read().unwrap_or_else(PoisonError::into_inner);
        let of_origin = |(known, ..): &&(O, V, usize)| known == origin;
        if let Some((_, answer, _)) = answers.young.get(asked).filter(of_origin) {
            return Some(answer.clone());
        }
        let (_, answer, room) = answers.old.get(asked).filter(of_origin)?.clone();
        drop(answers);
        self.keep(asked.clone(), origin.clone(), answer.clone(), room);
        Some(answer)
    }

    /// Keeps an answer in the place of an older one.
    pub(super) fn keep(&self, asked: K, origin: O, answer: V, room: usize) {
        if !self.has_room_for(room) {
            return;
        }
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        let before = answers.young.remove(&asked).map_or(0, |(.., room)| room);
        answers.room = answers.room - before + room;
        if !self.has_room_for(answers.room) {
            answers.old = take(&mut answers.young);
            answers.room = room;
        }
        answers.young.insert(asked, (origin, answer, room));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_known_by_their_origin() {
        let kept = Kept::new(20);
        kept.keep("a", 5, 'x', 2);
        kept.keep("b", 5, 'y', 3);
        assert_eq!((kept.get(&"a", &5), kept.get(&"a", &6), kept.get(&"b", &5)), (Some('x'), None, Some('y')));
        kept.keep("a", 6, 'z', 7);
        assert_eq!((kept.get(&"a", &5), kept.get(&"a", &6), kept.get(&"b", &5)), (None, Some('z'), Some('y')));
    }

    #[test]
    fn answers_that_are_asked_for_stay() {
        let kept = Kept::new(20);
        kept.keep("a", 5, 'x', 4);
        kept.keep("b", 5, 'y', 4);
        kept.keep("c", 5, 'z', 4);
        assert_eq!(kept.get(&"a", &5), Some('x'));
        kept.keep("d", 5, 'w', 4);
        let known = ["a", "b", "c", "d"].map(|asked| kept.get(&asked, &5));
        assert_eq!(known, [Some('x'), None, Some('z'), Some('w')]);
        kept.keep("e", 5, 'v', 11);
        assert_eq!(kept.get(&"e", &5), None);
    }
}
