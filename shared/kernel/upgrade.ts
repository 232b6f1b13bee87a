/** How a journey of an earlier version of its flow becomes one of the present version. Pure. */

/** A stored journey of an earlier version: JSON as it lies in the database. `policy` is null where none was kept. */
export type StoredVersion = { readonly state: unknown; readonly policy: unknown };

/** From one version of a flow's stored state to the next. Total for every state that version ever wrote. */
export type Upgrade = (old: StoredVersion) => StoredVersion;

/** A member that has left the state. */
export const without =
  (name: string): Upgrade =>
  ({ state, policy }) => {
    const { [name]: _gone, ...rest } = state as Readonly<Record<string, unknown>>;
    return { state: rest, policy };
  };
