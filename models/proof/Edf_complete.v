(** The schedule of the earliest deadline is the best there is: where it misses one,
    some window of time holds more work than its length. So [feasible] decides, and an
    auditor that uses it accuses no link without reason. *)

From Coq Require Import ZArith Lia List Permutation Sorted Mergesort Orders.
From Swarm Require Import Zsum Edf.
Import ListNotations.
Open Scope Z_scope.

(** ** The heap is in order *)

Definition root (t : tree) : job := let (j, _) := t in j.

Inductive ordered : tree -> Prop :=
| ordered_node j ts :
    (forall t, In t ts -> deadline j <= deadline (root t) /\ ordered t) -> ordered (Node j ts).

Definition ordered_heap (h : heap) : Prop := match h with None => True | Some t => ordered t end.

Lemma meld_ordered s t : ordered s -> ordered t -> ordered (meld s t).
Proof.
  destruct s as [i ss], t as [j ts]. intros os ot. unfold meld.
  inversion os as [? ? all_s]. inversion ot as [? ? all_t]. subst.
  destruct (Z.leb_spec (deadline i) (deadline j)); constructor; intros r [<-|k]; simpl; auto.
  split; [lia|assumption].
Qed.

Lemma meld_all_ordered l : (forall t, In t l -> ordered t) -> ordered_heap (meld_all l).
Proof.
  enough (forall n l, (length l <= n)%nat -> (forall t, In t l -> ordered t) ->
    ordered_heap (meld_all l)) as H by (now apply (H (length l))).
  clear l. induction n as [|n IH]; intros [|s [|t l]] short all; simpl in *; auto; try lia.
  specialize (IH l ltac:(lia) ltac:(auto)).
  destruct (meld_all l) as [r|]; simpl in *; repeat apply meld_ordered; auto.
Qed.

Lemma insert_ordered j h : ordered_heap h -> ordered_heap (insert j h).
Proof.
  assert (ordered (Node j [])) by (constructor; intros t []).
  destruct h as [t|]; [|auto]. intros o. exact (meld_ordered (Node j []) t H o).
Qed.

(** What is said of jobs is said of all jobs of a heap; [f] of a job that is there
    counts. *)
Lemma weigh_tree_nonneg f t : (forall j, 0 <= f j) -> 0 <= weigh_tree f t.
Proof.
  intros nn. revert t. fix self 1. intros [j ts]. rewrite weigh_node.
  assert (0 <= zsum (weigh_tree f) ts); [|specialize (nn j); lia].
  induction ts as [|t ts IH]; simpl; [lia|]. specialize (self t). lia.
Qed.

(** Nothing in an ordered heap has an earlier deadline than its root. *)
Lemma weigh_late f t :
  ordered t -> (forall j, deadline (root t) <= deadline j -> f j = 0) -> weigh_tree f t = 0.
Proof.
  revert t. fix self 1. intros [j ts] o zero. inversion o as [? ? all]. subst. clear o.
  rewrite weigh_node. simpl in zero.
  rewrite zero by lia.
  enough (zsum (weigh_tree f) ts = 0) by lia.
  induction ts as [|t' ts IH]; simpl; [reflexivity|].
  destruct (all t' (or_introl eq_refl)) as [later o].
  rewrite (self t' o) by (intros i le; apply zero; lia).
  apply IH. intros t'' k. apply all. simpl. auto.
Qed.

Lemma weigh_nonneg f h : (forall j, 0 <= f j) -> 0 <= weigh f h.
Proof. intros nn. destruct h as [t|]; simpl; [now apply weigh_tree_nonneg|lia]. Qed.

Lemma zsum_trees f ts : (forall j, 0 <= f j) -> 0 <= zsum (weigh_tree f) ts.
Proof. intros nn. apply zsum_nonneg. intros t _. now apply weigh_tree_nonneg. Qed.

(** ** The schedule *)

(** Jobs that are not as they should be; one, and how many there are at all. *)
Definition bad now (j : job) : Z := if (0 <? work j) && (release j <=? now) then 0 else 1.
Definition one (_ : job) : Z := 1.
Definition due b (j : job) : Z := if deadline j <=? b then Z.max 0 (work j) else 0.

Lemma bad_nonneg now j : 0 <= bad now j.
Proof. unfold bad. destruct (_ && _); lia. Qed.

Lemma due_nonneg b j : 0 <= due b j.
Proof. unfold due. destruct (_ <=? _); lia. Qed.

Lemma bad_later now now' t : now <= now' -> weigh_tree (bad now) t = 0
  -> weigh_tree (bad now') t = 0.
Proof.
  intros le. revert t. fix self 1. intros [j ts]. rewrite !weigh_node. intros zero.
  pose proof (bad_nonneg now j). pose proof (zsum_trees (bad now) ts (bad_nonneg now)).
  assert (here : bad now j = 0) by lia.
  assert (bad now' j = 0) as ->.
  { revert here. unfold bad. destruct (Z.ltb_spec 0 (work j)), (Z.leb_spec (release j) now),
      (Z.leb_spec (release j) now'); simpl; lia. }
  enough (zsum (weigh_tree (bad now')) ts = 0) by lia.
  assert (all : zsum (weigh_tree (bad now)) ts = 0) by lia. clear zero H H0.
  induction ts as [|t ts IH]; [reflexivity|]. cbn [zsum] in *.
  pose proof (weigh_tree_nonneg (bad now) t (bad_nonneg now)).
  pose proof (zsum_trees (bad now) ts (bad_nonneg now)).
  assert (weigh_tree (bad now) t = 0) as first by lia. rewrite (self t first), IH by lia.
  reflexivity.
Qed.

Lemma work_nonneg now t : weigh_tree (bad now) t = 0 -> 0 <= weigh_tree work t.
Proof.
  revert t. fix self 1. intros [j ts]. rewrite !weigh_node. intros zero.
  pose proof (bad_nonneg now j). pose proof (zsum_trees (bad now) ts (bad_nonneg now)).
  assert (here : bad now j = 0) by lia.
  assert (0 <= work j).
  { revert here. unfold bad. destruct (Z.ltb_spec 0 (work j)); simpl; lia. }
  enough (0 <= zsum (weigh_tree work) ts) by lia.
  assert (all : zsum (weigh_tree (bad now)) ts = 0) by lia. clear zero H H0.
  induction ts as [|t ts IH]; cbn [zsum] in *; [lia|].
  pose proof (weigh_tree_nonneg (bad now) t (bad_nonneg now)).
  pose proof (zsum_trees (bad now) ts (bad_nonneg now)).
  assert (weigh_tree (bad now) t = 0) as first by lia. specialize (self t first).
  specialize (IH ltac:(lia)). lia.
Qed.

Section Complete.
  Context (all : list job).
  Hypothesis fits : forall a b, zsum (within a b) all <= Z.max 0 (b - a).

  (** For every deadline b there is a time since which nothing but work that is due by
      b was done. *)
  Definition busy (released : list job) now h : Prop :=
    forall b, exists a, a <= now /\ weigh (due b) h + (now - a) <= zsum (within a b) released.

  Definition part (released : list job) : Prop :=
    (forall a b, 0 <= zsum (within a b) released) /\
    (forall a b, zsum (within a b) released <= zsum (within a b) all).

  (** Then no job is late. *)
  Lemma in_time released now h j : part released -> busy released now h -> 0 < work j ->
    work j <= weigh (due (deadline j)) h -> now + work j <= deadline j.
  Proof.
    intros [_ some] steady pos there. destruct (steady (deadline j)) as (a & before & work_done).
    specialize (some a (deadline j)). specialize (fits a (deadline j)). lia.
  Qed.

  Lemma idle_busy released now : part released -> busy released now None.
  Proof. intros [nn _] b. exists now. simpl. specialize (nn now b). lia. Qed.

  Lemma advance_complete released fuel until : part released -> forall now h,
    now <= until -> ordered_heap h -> busy released now h -> weigh (bad now) h = 0 ->
    weigh one h < Z.of_nat fuel ->
    exists now' h', advance fuel until now h = Some (now', h') /\
      now <= now' <= until /\ ordered_heap h' /\ busy released now' h' /\
      weigh (bad now') h' = 0 /\ weigh one h' <= weigh one h /\
      (now + weigh work h <= until -> h' = None) /\ (h' <> None -> now' = until).
  Proof.
    intros sub. induction fuel as [|fuel IH]; intros now h le o steady good enough.
    { pose proof (weigh_nonneg one h ltac:(unfold one; lia)). lia. }
    destruct h as [[j ts]|].
    2:{ exists now, None. simpl. repeat split; auto; try lia. congruence. }
    cbn [weigh] in *. rewrite weigh_node in good, enough.
    pose proof (bad_nonneg now j). pose proof (zsum_trees (bad now) ts (bad_nonneg now)).
    assert (pos : 0 < work j /\ release j <= now).
    { assert (here : bad now j = 0) by lia. revert here. unfold bad.
      destruct (Z.ltb_spec 0 (work j)), (Z.leb_spec (release j) now); simpl; lia. }
    destruct pos as [pos begun].
    assert (root_due : work j <= weigh (due (deadline j)) (Some (Node j ts))).
    { cbn [weigh]. rewrite weigh_node. unfold due at 1. rewrite Z.leb_refl.
      pose proof (zsum_trees (due (deadline j)) ts (due_nonneg _)). lia. }
    pose proof (in_time released now _ j sub steady pos root_due) as timely.
    inversion o as [? ? later]; subst.
    simpl advance. replace (0 <=? work j) with true by (symmetry; apply Z.leb_le; lia).
    replace (release j <=? now) with true by (symmetry; apply Z.leb_le; lia). cbn [andb negb].
    (* Whatever is due before the root is not there. *)
    assert (nothing_due : forall b, b < deadline j -> zsum (weigh_tree (due b)) ts = 0).
    { intros b lt. apply zsum_zero. intros t i. destruct (later t i) as [after ot].
      apply weigh_late; [assumption|]. intros k le'. unfold due.
      destruct (Z.leb_spec (deadline k) b); lia. }
    destruct (Z.leb_spec (now + work j) until) as [finishes|interrupted].
    - replace (now + work j <=? deadline j) with true by (symmetry; apply Z.leb_le; lia).
      destruct (IH (now + work j) (meld_all ts))
        as (now' & h' & run & between & o' & steady' & good'
        & fewer & done & until'); try assumption.
      + apply meld_all_ordered. intros t i. now apply later.
      + intros b. rewrite weigh_meld_all. destruct (Z_lt_le_dec b (deadline j)) as [before|after].
        * exists (now + work j). rewrite nothing_due by assumption.
          destruct sub as [nn _]. specialize (nn (now + work j) b). lia.
        * destruct (steady b) as (a & before & enough_work). exists a.
          cbn [weigh] in enough_work. rewrite weigh_node in enough_work.
          unfold due at 1 in enough_work.
          destruct (Z.leb_spec (deadline j) b); lia.
      + rewrite weigh_meld_all.
        assert (forall t, In t ts -> weigh_tree (bad (now + work j)) t = 0).
        { intros t i. apply (bad_later now); [lia|].
          pose proof (zsum_member (weigh_tree (bad now)) ts t
            (fun t _ => weigh_tree_nonneg _ t (bad_nonneg now)) i).
          pose proof (weigh_tree_nonneg _ t (bad_nonneg now)). lia. }
        now apply zsum_zero.
      + rewrite weigh_meld_all. unfold one at 1 in enough. lia.
      + exists now', h'. rewrite run. repeat split; try assumption; try lia.
        * rewrite weigh_meld_all in fewer. rewrite weigh_node. unfold one at 2. lia.
        * intros total. apply done. rewrite weigh_meld_all. rewrite weigh_node in total. lia.
    - replace (now <=? until) with true by (symmetry; apply Z.leb_le; lia).
      replace (until <=? deadline j) with true by (symmetry; apply Z.leb_le; lia).
      cbn [andb]. eexists until, _. split; [reflexivity|].
      cbn [weigh ordered_heap]. rewrite !weigh_node.
      assert (rest_good : forall t, In t ts -> weigh_tree (bad now) t = 0).
      { intros t i. pose proof (zsum_member (weigh_tree (bad now)) ts t
          (fun t _ => weigh_tree_nonneg _ t (bad_nonneg now)) i).
        pose proof (weigh_tree_nonneg _ t (bad_nonneg now)). lia. }
      split; [lia|]. split; [constructor; exact later|].
      split; [|split; [|split; [apply Z.le_refl|split; [|reflexivity]]]].
      + intros b. cbn [weigh]. rewrite weigh_node. unfold due at 1. cbn [deadline work].
        destruct (Z.leb_spec (deadline j) b) as [after|before].
        * destruct (steady b) as (a & before & enough_work). exists a.
          cbn [weigh] in enough_work. rewrite weigh_node in enough_work.
          unfold due at 1 in enough_work.
          destruct (Z.leb_spec (deadline j) b); lia.
        * exists until. rewrite nothing_due by assumption.
          destruct sub as [nn _]. specialize (nn until b). lia.
      + unfold bad at 1. cbn [work release].
        replace (0 <? work j - (until - now)) with true by (symmetry; apply Z.ltb_lt; lia).
        replace (release j <=? until) with true by (symmetry; apply Z.leb_le; lia). cbn [andb].
        rewrite zsum_zero; [reflexivity|]. intros t i. apply (bad_later now); [lia|auto].
      + intros total. exfalso.
        assert (0 <= zsum (weigh_tree work) ts); [|lia].
        apply zsum_nonneg. intros t i. apply (work_nonneg now). auto.
  Qed.

  Lemma schedule_complete fuel jobs : forall released now h,
    StronglySorted (fun i j => release i <= release j) jobs ->
    (forall j, In j jobs -> now <= release j) -> (forall j, In j jobs -> 0 < work j) ->
    (forall a b, zsum (within a b) jobs + zsum (within a b) released <= zsum (within a b) all) ->
    (forall a b, 0 <= zsum (within a b) released) ->
    ordered_heap h -> busy released now h -> weigh (bad now) h = 0 ->
    weigh one h + Z.of_nat (length jobs) < Z.of_nat fuel ->
    schedule fuel jobs now h = true.
  Proof.
    induction jobs as [|j jobs IH];
      intros released now h sorted later pos sum_all nn o steady good enough.
    - simpl. destruct (advance_complete released fuel (now + weigh work h))
      with (now := now) (h := h)
        as (now' & h' & run & _ & _ & _ & _ & _ & done & _); try assumption.
      + split; [assumption|]. intros a b. specialize (sum_all a b). simpl in sum_all. lia.
      + destruct h as [t|]; simpl; [|lia]. pose proof (work_nonneg now t good). lia.
      + simpl in enough. lia.
      + rewrite run, done by lia. reflexivity.
    - apply StronglySorted_inv in sorted. destruct sorted as [sorted next].
      rewrite Forall_forall in next. simpl.
      assert (within_nn : forall a b j', In j' (j :: jobs) -> 0 <= within a b j').
      { intros a b j' i. unfold within. specialize (pos j' i). destruct (_ && _); lia. }
      assert (jobs_nn : forall a b, 0 <= zsum (within a b) jobs).
      { intros a b. apply zsum_nonneg. intros j' i. apply within_nn. simpl. auto. }
      assert (sub : part released).
      { split; [assumption|]. intros a b. specialize (sum_all a b). simpl in sum_all.
        pose proof (jobs_nn a b). pose proof (within_nn a b j (or_introl eq_refl)). lia. }
      destruct (advance_complete released fuel (release j) sub now h)
        as (now' & h' & run & between & o' & steady' & good' & fewer & _ & until);
        try assumption.
      + apply later. simpl. auto.
      + simpl length in enough. lia.
      + rewrite run. rewrite Z.max_r by lia.
        assert (steady2 : busy released (release j) h').
        { destruct h' as [t|]; [|now apply idle_busy]. rewrite <- until by discriminate.
          assumption. }
        assert (good2 : weigh (bad (release j)) h' = 0).
        { destruct h' as [t|]; [|reflexivity]. rewrite <- until by discriminate. assumption. }
        apply (IH (j :: released)); try assumption.
        * intros j' i. apply pos. simpl. auto.
        * intros a b. specialize (sum_all a b). simpl in *. lia.
        * intros a b. simpl. specialize (nn a b).
          pose proof (within_nn a b j (or_introl eq_refl)). lia.
        * now apply insert_ordered.
        * intros b. destruct (steady2 b) as (a & before & enough_work). exists a.
          rewrite weigh_insert. simpl. split; [assumption|]. unfold due at 1, within at 1.
          pose proof (pos j (or_introl eq_refl)).
          destruct (Z.leb_spec (deadline j) b), (Z.leb_spec a (release j)); simpl; lia.
        * rewrite weigh_insert, good2. unfold bad.
          replace (0 <? work j) with true by (symmetry; apply Z.ltb_lt; apply pos; simpl; auto).
          now rewrite Z.leb_refl.
        * rewrite weigh_insert. unfold one at 1. simpl length in enough. lia.
  Qed.
End Complete.

(** If no window holds more work than its length, the schedule meets every deadline. *)
Theorem feasible_complete jobs :
  (forall j, In j jobs -> 0 < work j) ->
  (forall a b, zsum (within a b) jobs <= Z.max 0 (b - a)) ->
  feasible jobs = true.
Proof.
  intros pos fits. unfold feasible.
  pose proof (Sorted.Permuted_sort jobs) as perm.
  assert (sorted : StronglySorted (fun i j => release i <= release j) (Sorted.sort jobs)).
  { assert (trans : Relations_1.Transitive (fun i j => is_true (ByRelease.leb i j))).
    { intros i j k. unfold ByRelease.leb, is_true. rewrite !Z.leb_le. lia. }
    pose proof (Sorted.StronglySorted_sort jobs trans) as s.
    clear - s. induction s as [|j l _ IH all]; constructor; [assumption|].
    rewrite Forall_forall in *. intros k i. specialize (all k i).
    unfold ByRelease.leb, is_true in all. now apply Z.leb_le. }
  assert (same : forall a b, zsum (within a b) (Sorted.sort jobs) = zsum (within a b) jobs).
  { intros a b. symmetry. now apply zsum_perm. }
  apply (schedule_complete jobs fits _ _ []); try assumption.
  - intros j i. destruct (Sorted.sort jobs) as [|k l]; [destruct i|].
    apply StronglySorted_inv in sorted. destruct sorted as [_ all]. rewrite Forall_forall in all.
    destruct i as [<-|i]; [lia|auto].
  - intros j i. apply pos. now apply Permutation_in with (1 := Permutation_sym perm).
  - intros a b. rewrite same. simpl. lia.
  - simpl. lia.
  - exact I.
  - intros b. eexists. split; [apply Z.le_refl|]. simpl. lia.
  - reflexivity.
  - rewrite <- (Permutation_length perm). simpl. lia.
Qed.

(** So the schedule decides what the windows demand. *)
Corollary feasible_iff jobs :
  (forall j, In j jobs -> 0 < work j) ->
  feasible jobs = true <-> forall a b, zsum (within a b) jobs <= Z.max 0 (b - a).
Proof.
  intros pos. split; [intros ok a b; now apply feasible_sound|now apply feasible_complete].
Qed.
