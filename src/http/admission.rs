//! Counts how many sockets, or connections, one person and one address have at a time.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use app::id::ActorId;

use super::forwarded::network;

/// How many are open, by owner.
#[derive(Debug, Default)]
pub struct Admissions(Mutex<HashMap<ClientKey, usize>>);

/// The owner of a socket, connection or response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientKey {
    /// A person with an account.
    Person(ActorId),
    /// Everybody at an address, or in the network that counts as one address.
    Address(IpAddr),
}

/// The limits.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// The limit for one person.
    pub per_person: usize,
    /// The limit for one address: a whole office may share one.
    pub per_address: usize,
}

/// One socket or connection that is counted, until this is dropped.
#[derive(Debug)]
pub struct Admission {
    admissions: Arc<Admissions>,
    client_keys: [Option<ClientKey>; 2],
}

impl ClientKey {
    /// Everybody at an address.
    pub fn at(address: IpAddr) -> Self {
        Self::Address(network(address))
    }
}

impl Admissions {
    /// Counts one for the person and for the address. `None` if either has reached its limit.
    pub fn admit(self: &Arc<Self>, person: Option<ActorId>, address: IpAddr, most: Most) -> Option<Admission> {
        let client_keys = [person.map(ClientKey::Person), Some(ClientKey::at(address))];
        let most = |client_key: &ClientKey| match client_key {
            ClientKey::Person(_) => most.per_person,
            ClientKey::Address(_) => most.per_address,
        };
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |client_key: &ClientKey| taken.get(client_key).copied().unwrap_or_default() >= most(client_key);
        if client_keys.iter().flatten().any(full) {
            return None;
        }
        for client_key in client_keys.into_iter().flatten() {
            *taken.entry(client_key).or_default() += 1;
        }
        Some(Admission { admissions: Arc::clone(self), client_keys })
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut taken = self.admissions.0.lock().unwrap_or_else(PoisonError::into_inner);
        for client_key in self.client_keys.iter().flatten() {
            if let Some(count) = taken.get_mut(client_key) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(client_key);
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
    fn a_person_and_an_address_have_so_many_each() {
        let most = Most { per_person: 2, per_address: 3 };
        let admissions = Arc::<Admissions>::default();
        let (ana, ben) = (Some(ActorId(Uuid::from_u128(1))), Some(ActorId(Uuid::from_u128(2))));
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let first = admissions.admit(ana, here, most).unwrap();
        let _second = admissions.admit(ana, there, most).unwrap();
        assert!(admissions.admit(ana, there, most).is_none(), "two are enough for one person");
        let _third = admissions.admit(ben, here, most).unwrap();
        let _fourth = admissions.admit(None, here, most).unwrap();
        assert!(admissions.admit(ben, here, most).is_none(), "three are enough for one address");
        drop(first);
        assert!(admissions.admit(ana, here, most).is_some());
        assert_eq!(admissions.0.lock().unwrap().len(), 4);
    }

    #[test]
    fn all_addresses_of_one_house_count_as_one() {
        let (most, admissions) = (Most { per_person: 1, per_address: 1 }, Arc::<Admissions>::default());
        let _first = admissions.admit(None, "2001:db8::1".parse().unwrap(), most).unwrap();
        assert!(admissions.admit(None, "2001:db8::ffff:1".parse().unwrap(), most).is_none());
        assert!(admissions.admit(None, "2001:db8:0:1::1".parse().unwrap(), most).is_some());
    }
}
