(** What the audit reads: transfers with whole numbers for their beginnings, ends and
    bytes, and which nodes were present when. What a lawful log is, and the bounds for it, in the
    very integers that the code compares.

    Rates are bits per second and times nanoseconds, so volume is counted in nanobits. *)

From Coq Require Import ZArith NArith Nnat Lia List Bool FinFun.
From Swarm Require Import Zsum.
Import ListNotations.
Open Scope Z_scope.

Record move := {
  from : N;
  to : N;
  chunk : N;
  start : Z;
  finish : Z;
  bytes : Z;
  whole : bool;  (** a whole chunk arrived, and not an aborted part of one *)
}.

Record plan := {
  peers : N;
  chunks : N;
  length_of : N -> Z;            (** of a chunk, in bytes *)
  up : N -> Z;
  down : N -> option Z;          (** None: unlimited *)
  burst : N -> Z;                (** in bytes *)
  delay : N -> Z;                (** of what is sent to a node *)
  joins : N -> Z;
  leaves : N -> option Z;
}.

Record log := {
  moves : list move;
  joined : list (N * Z);
  left : list (N * Z);
  claims : list (N * Z);
}.

Definition nanobits (b : Z) : Z := b * 8 * 1000000000.

Lemma nanobits_sum {A} (f : A -> Z) l : nanobits (zsum f l) = zsum (fun x => nanobits (f x)) l.
Proof. unfold nanobits. induction l as [|x l IH]; simpl zsum; lia. Qed.

Definition numbers (n : N) : list N := map N.of_nat (seq 0 (N.to_nat n)).

Lemma in_numbers n i : In i (numbers n) <-> (i < n)%N.
Proof.
  unfold numbers. rewrite in_map_iff. split.
  - intros (k & <- & l). apply in_seq in l. lia.
  - intros lt. exists (N.to_nat i). rewrite in_seq. lia.
Qed.

Lemma numbers_distinct n : NoDup (numbers n).
Proof.
  unfold numbers. apply Injective_map_NoDup; [|apply seq_NoDup].
  intros i j. apply Nat2N.inj.
Qed.

Definition file_bytes (p : plan) : Z := zsum (length_of p) (numbers (chunks p)).

Section Lawful.
  Context (p : plan) (g : log).

  (** When the last byte has left at the latest, and the first arrives at the earliest. *)
  Definition depart (e : move) : Z := Z.max (start e) (finish e - delay p (to e)).
  Definition land (e : move) : Z := Z.min (start e + delay p (to e)) (finish e).

  (** Transfers are seen by a link from [fst] to [snd] of a span. *)
  Definition span : Type := (move -> Z) * (move -> Z).
  Definition sending : span := (start, depart).
  Definition receiving : span := (land, finish).
  Definition inside (w : span) s t (e : move) : bool := (s <=? fst w e) && (snd w e <=? t).

  (** Volume that [key] (sender or receiver) [i] has to move within [s, t]. *)
  Definition load (key : move -> N) (w : span) i s t : Z :=
    zsum (fun e => if (key e =? i)%N && inside w s t e then nanobits (bytes e) else 0) (moves g).

  (** Everything stems from the source. *)
  Inductive held : N -> N -> Z -> Prop :=
  | held_source c t : held 0 c t
  | held_move e t : In e (moves g) -> whole e = true -> held (from e) (chunk e) (start e) ->
      finish e <= t -> held (to e) (chunk e) t.

  (** [i] is there from [s] to [t]: it had joined, and leaves no earlier, as logged and
      as announced. *)
  Definition present i s t : Prop :=
    (exists a, (In (i, a) (joined g) /\ joins p i <= a \/ i = 0%N /\ a = 0) /\ a <= s) /\
    (forall b, In (i, b) (left g) -> t <= b) /\
    (forall b, leaves p i = Some b -> t <= b).

  Definition complete_by j t : Prop := forall c, (c < chunks p)%N -> held j c t.

  Record well_formed : Prop := {
    known_from : forall e, In e (moves g) -> (from e <= peers p)%N;
    known_to : forall e, In e (moves g) -> (0 < to e <= peers p)%N;
    known_chunk : forall e, In e (moves g) -> (chunk e < chunks p)%N;
    takes_time : forall e, In e (moves g) -> 0 <= start e < finish e;
    has_bytes : forall e, In e (moves g) -> 0 <= bytes e;
    whole_chunk : forall e, In e (moves g) -> whole e = true -> bytes e = length_of p (chunk e);
    lengths : forall c, (c < chunks p)%N -> 0 <= length_of p c;
    rates : forall i, (i <= peers p)%N -> 0 <= up p i;
    bursts : forall i, (i <= peers p)%N -> 0 <= burst p i;
    delays : forall i, (i <= peers p)%N -> 0 <= delay p i;
  }.

  Record lawful : Prop := {
    formed : well_formed;
    uplink : forall i s t, (i <= peers p)%N -> s <= t ->
      load from sending i s t <= up p i * (t - s) + nanobits (burst p i);
    downlink : forall j d s t, (0 < j <= peers p)%N -> down p j = Some d -> s <= t ->
      load to receiving j s t <= d * (t - s) + nanobits (burst p j);
    causality : forall e, In e (moves g) -> held (from e) (chunk e) (start e);
    in_flight : forall e, In e (moves g) -> whole e = true ->
      start e + delay p (to e) <= finish e;
    sender_there : forall e, In e (moves g) -> present (from e) (start e) (depart e);
    receiver_there : forall e, In e (moves g) -> whole e = true ->
      present (to e) (start e) (finish e);
    claimed : forall j t, In (j, t) (claims g) -> (0 < j <= peers p)%N /\ complete_by j t;
  }.

  (** ** What follows *)

  Hypothesis law : lawful.
  Let wf := formed law.

  Lemma nanobits_nonneg e : In e (moves g) -> 0 <= nanobits (bytes e).
  Proof. intros i. pose proof (has_bytes wf e i). unfold nanobits. lia. Qed.

  (** A peer that holds a chunk has received it whole. *)
  Lemma held_received j c t : held j c t -> j <> 0%N ->
    exists e, In e (moves g) /\ to e = j /\ chunk e = c /\ whole e = true /\ finish e <= t.
  Proof. intros [] peer; [tauto|]. exists e. auto. Qed.

  (** The source has sent every chunk that a peer holds. *)
  Theorem held_origin j c t : held j c t -> j <> 0%N ->
    exists e, In e (moves g) /\ from e = 0%N /\ chunk e = c /\ whole e = true /\ finish e <= t.
  Proof.
    induction 1 as [|e t i w h IH le]; intros peer; [tauto|].
    destruct (N.eq_dec (from e) 0) as [source|relay]; [exists e; auto|].
    destruct (IH relay) as (e' & i' & f' & c' & w' & le'). exists e'.
    pose proof (takes_time wf e i). repeat split; auto; lia.
  Qed.

  (** A whole copy of every chunk, among the transfers that [mine] selects. *)
  Lemma whole_file (mine : move -> bool) :
    (forall c, (c < chunks p)%N ->
       exists e, In e (moves g) /\ chunk e = c /\ whole e = true /\ mine e = true) ->
    nanobits (file_bytes p)
      <= zsum (fun e => if mine e then nanobits (bytes e) else 0) (moves g).
  Proof.
    intros each. set (v := fun e => if mine e then nanobits (bytes e) else 0).
    assert (v_nonneg : forall e, In e (moves g) -> 0 <= v e).
    { intros e i. unfold v. pose proof (nanobits_nonneg e i). destruct (mine e); lia. }
    apply Z.le_trans with
      (zsum (fun c => zsum (fun e => if (chunk e =? c)%N then v e else 0) (moves g))
            (numbers (chunks p))).
    - unfold file_bytes. rewrite nanobits_sum. apply zsum_le. intros c i. apply in_numbers in i.
      destruct (each c i) as (e & k & <- & w & m). rewrite <- (whole_chunk wf e k w).
      apply Z.le_trans with (if (chunk e =? chunk e)%N then v e else 0).
      + rewrite N.eqb_refl. unfold v. rewrite m. lia.
      + apply (zsum_member (fun e' => if (chunk e' =? chunk e)%N then v e' else 0)); [|assumption].
        intros e' k'. pose proof (v_nonneg e' k'). destruct (_ =? _)%N; lia.
    - apply (zsum_by_key N.eqb N.eqb_eq chunk); [apply numbers_distinct|assumption].
  Qed.

  Section Bounds.
    (** What is there at D was sent by D - L. *)
    Context (L D : Z) (D_late : L <= D).
    Hypothesis L_least : forall j, (0 < j <= peers p)%N -> L <= delay p j.

    Lemma sent_inside e : In e (moves g) -> whole e = true -> finish e <= D ->
      inside sending 0 (D - L) e = true.
    Proof.
      intros i w le. pose proof (takes_time wf e i). pose proof (in_flight law e i w).
      pose proof (L_least (to e) (known_to wf e i)).
      apply andb_true_intro. cbn. unfold depart. lia.
    Qed.

    Theorem log_server_bound j : (0 < j)%N -> complete_by j D ->
      nanobits (file_bytes p) <= up p 0 * (D - L) + nanobits (burst p 0).
    Proof.
      intros peer all. apply Z.le_trans with (load from sending 0 0 (D - L)).
      - apply (whole_file (fun e => (from e =? 0)%N && inside sending 0 (D - L) e)). intros c lt.
        destruct (held_origin j c D (all c lt) ltac:(lia)) as (e & i & f & k & w & le).
        exists e. rewrite f, sent_inside by assumption. auto.
      - pose proof (uplink law 0 0 (D - L) ltac:(lia) ltac:(lia)). now rewrite Z.sub_0_r in H.
    Qed.

    Lemma copy_sent j : (0 < j)%N -> complete_by j D ->
      nanobits (file_bytes p) <= load to sending j 0 (D - L).
    Proof.
      intros peer all.
      apply (whole_file (fun e => (to e =? j)%N && inside sending 0 (D - L) e)). intros c lt.
      destruct (held_received j c D (all c lt) ltac:(lia)) as (e & i & f & k & w & le).
      exists e. rewrite f, N.eqb_refl, sent_inside by assumption. auto.
    Qed.

    Theorem log_download_bound j d :
      (0 < j <= peers p)%N -> down p j = Some d -> delay p j <= D -> complete_by j D ->
      nanobits (file_bytes p) <= d * (D - delay p j) + nanobits (burst p j).
    Proof.
      intros peer limit late all.
      apply Z.le_trans with (load to receiving j (delay p j) D).
      - apply (whole_file (fun e => (to e =? j)%N && inside receiving (delay p j) D e)).
        intros c lt.
        destruct (held_received j c D (all c lt) ltac:(lia)) as (e & i & f & k & w & le).
        exists e. repeat split; try assumption.
        pose proof (takes_time wf e i). pose proof (in_flight law e i w).
        apply andb_true_intro. split; [rewrite f; apply N.eqb_refl|].
        apply andb_true_intro. cbn. unfold land. rewrite f in *. lia.
      - exact (downlink law j d (delay p j) D peer limit late).
    Qed.

    (** For any k peers, when only the source sends. *)
    Theorem log_client_server_bound J :
      (forall e, In e (moves g) -> from e = 0%N) ->
      NoDup J -> (forall j, In j J -> (0 < j)%N /\ complete_by j D) ->
      Z.of_nat (length J) * nanobits (file_bytes p)
        <= up p 0 * (D - L) + nanobits (burst p 0).
    Proof.
      intros alone distinct all. rewrite <- zsum_const.
      apply Z.le_trans with (load from sending 0 0 (D - L)).
      2:{ pose proof (uplink law 0 0 (D - L) ltac:(lia) ltac:(lia)). now rewrite Z.sub_0_r in H. }
      apply Z.le_trans with (zsum (fun j => load to sending j 0 (D - L)) J).
      { apply zsum_le. intros j i. destruct (all j i). now apply copy_sent. }
      set (v := fun e => if (from e =? 0)%N && inside sending 0 (D - L) e
                         then nanobits (bytes e) else 0).
      rewrite (zsum_le _ (fun j => zsum (fun e => if (to e =? j)%N then v e else 0) (moves g)) J).
      - apply (zsum_by_key N.eqb N.eqb_eq to v (moves g) J distinct). intros e i. unfold v.
        pose proof (nanobits_nonneg e i). destruct (_ && _); lia.
      - intros j _. apply zsum_le. intros e i. unfold v. rewrite (alone e i). cbn [N.eqb andb].
        destruct (to e =? j)%N, (inside _ 0 (D - L) e); simpl; lia.
    Qed.

    (** For any k peers. *)
    Theorem log_aggregate_bound J :
      NoDup J -> (forall j, In j J -> (0 < j)%N /\ complete_by j D) ->
      Z.of_nat (length J) * nanobits (file_bytes p) <=
        zsum (fun i => up p i * (D - L) + nanobits (burst p i)) (numbers (N.succ (peers p))).
    Proof.
      intros distinct all. rewrite <- zsum_const.
      apply Z.le_trans with (zsum (fun j => load to sending j 0 (D - L)) J).
      { apply zsum_le. intros j i. destruct (all j i). now apply copy_sent. }
      set (v := fun e => if inside sending 0 (D - L) e then nanobits (bytes e) else 0).
      assert (v_nonneg : forall e, In e (moves g) -> 0 <= v e).
      { intros e i. unfold v. pose proof (nanobits_nonneg e i). destruct (inside _ _ _ _); lia. }
      assert (split : forall key i, load key sending i 0 (D - L)
        = zsum (fun e => if (key e =? i)%N then v e else 0) (moves g)).
      { intros key i. apply zsum_ext. intros e. unfold v.
        destruct (key e =? i)%N, (inside _ 0 (D - L) e); reflexivity. }
      apply Z.le_trans with (zsum v (moves g)).
      - rewrite <- (zsum_by_key N.eqb N.eqb_eq to v (moves g) J distinct v_nonneg).
        apply zsum_le. intros j _. rewrite split. lia.
      - apply Z.le_trans with
          (zsum (fun i => load from sending i 0 (D - L)) (numbers (N.succ (peers p)))).
        + rewrite (zsum_by_all_keys N.eqb N.eqb_eq from v (moves g) (numbers (N.succ (peers p)))).
          * apply zsum_le. intros i _. rewrite split. lia.
          * assumption.
          * intros e i. apply in_numbers. pose proof (known_from wf e i). lia.
        + apply zsum_le. intros i k. apply in_numbers in k.
          pose proof (uplink law i 0 (D - L) ltac:(lia) ltac:(lia)). now rewrite Z.sub_0_r in H.
    Qed.
  End Bounds.

  (** ** Arrivals and departures: a link carries nothing while its node is away *)

  Theorem churn_uplink i s t q r :
    (i <= peers p)%N -> s <= t -> (forall a b, a <= b -> present i a b -> q <= a /\ b <= r) ->
    load from sending i s t <= up p i * Z.max 0 (Z.min t r - Z.max s q) + nanobits (burst p i).
  Proof.
    intros node le away.
    assert (load from sending i s t
            <= load from sending i (Z.max s q) (Z.max (Z.max s q) (Z.min t r))) as clip.
    { apply zsum_le. intros e k. pose proof (nanobits_nonneg e k).
      destruct (N.eqb_spec (from e) i) as [sends|]; simpl; [|lia].
      destruct (away (start e) (depart e)) as [after before]; [unfold depart; lia| |].
      { rewrite <- sends. exact (sender_there law e k). }
      unfold inside. cbn.
      destruct (Z.leb_spec s (start e)), (Z.leb_spec (depart e) t); simpl; try lia;
        destruct (Z.leb_spec (Z.max s q) (start e)),
          (Z.leb_spec (depart e) (Z.max (Z.max s q) (Z.min t r))); simpl; lia. }
    pose proof (uplink law i (Z.max s q) (Z.max (Z.max s q) (Z.min t r)) node ltac:(lia)).
    replace (Z.max 0 (Z.min t r - Z.max s q))
      with (Z.max (Z.max s q) (Z.min t r) - Z.max s q) by lia. lia.
  Qed.
End Lawful.
