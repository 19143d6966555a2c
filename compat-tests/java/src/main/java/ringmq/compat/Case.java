package ringmq.compat;

/** One compatibility case: returns what it saw, in a few words; throws when anything differs from what Apache's broker does. */
@FunctionalInterface
interface Case {
    String run(Scope scope) throws Exception;
}
