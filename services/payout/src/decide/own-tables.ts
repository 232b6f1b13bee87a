/** What our own tables say. `away`: nobody knows whether it was done, or what is there. Every request may be made again: said twice it is done once. */
export type OwnTablesAnswer<A> = { readonly answer: A } | { readonly away: string };
