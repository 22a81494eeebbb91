//! How many sockets one person, and one address, has open on this node.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use app::id::ActorId;

use super::limits::SocketLimits;

/// The sockets that are open, by whose they are.
#[derive(Debug, Default)]
pub struct Admissions(Mutex<HashMap<Occupant, usize>>);

/// Whose a socket is; it counts for the person and for the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Occupant {
    Person(ActorId),
    Address(IpAddr),
}

/// A socket that is counted, until this is dropped.
#[derive(Debug)]
pub struct Admission {
    admissions: Arc<Admissions>,
    occupants: [Option<Occupant>; 2],
}

impl Admissions {
    /// Counts a socket; `None` where the person or the address has as many as they may have.
    pub fn admit(
        self: &Arc<Self>,
        person: Option<ActorId>,
        address: IpAddr,
        limits: &SocketLimits,
    ) -> Option<Admission> {
        let occupants = [person.map(Occupant::Person), Some(Occupant::Address(address))];
        let most = |occupant: &Occupant| match occupant {
            Occupant::Person(_) => limits.sockets_per_person,
            Occupant::Address(_) => limits.sockets_per_address,
        };
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |occupant: &Occupant| taken.get(occupant).is_some_and(|count| *count >= most(occupant));
        if occupants.iter().flatten().any(full) {
            return None;
        }
        for occupant in occupants.into_iter().flatten() {
            *taken.entry(occupant).or_default() += 1;
        }
        Some(Admission { admissions: Arc::clone(self), occupants })
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut taken = self.admissions.0.lock().unwrap_or_else(PoisonError::into_inner);
        for occupant in self.occupants.iter().flatten() {
            if let Some(count) = taken.get_mut(occupant) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(occupant);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_person_and_an_address_have_so_many_sockets_each() {
        let limits = SocketLimits { sockets_per_person: 2, sockets_per_address: 3, ..SocketLimits::default() };
        let admissions = Arc::<Admissions>::default();
        let (ana, ben) = (Some(ActorId(Uuid::from_u128(1))), Some(ActorId(Uuid::from_u128(2))));
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let first = admissions.admit(ana, here, &limits).unwrap();
        let _second = admissions.admit(ana, there, &limits).unwrap();
        assert!(admissions.admit(ana, there, &limits).is_none(), "two are enough for one person");
        let _third = admissions.admit(ben, here, &limits).unwrap();
        let _fourth = admissions.admit(None, here, &limits).unwrap();
        assert!(admissions.admit(ben, here, &limits).is_none(), "three are enough for one address");
        drop(first);
        assert!(admissions.admit(ana, here, &limits).is_some());
        assert_eq!(admissions.0.lock().unwrap().len(), 4);
    }
}
